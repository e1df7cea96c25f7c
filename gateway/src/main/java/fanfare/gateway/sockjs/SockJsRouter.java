package fanfare.gateway.sockjs;

import fanfare.gateway.auth.Origins;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Commands;
import fanfare.gateway.relay.Relay;
import fanfare.gateway.session.Session;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** The paths under {@code /push}: what SockJS clients and raw WebSockets ask for. Confined to one event loop. */
public final class SockJsRouter {
    /** A SockJS frame may wrap several messages and escape every character of them [bytes]. */
    public static final int WEBSOCKET_BYTES_MAX = 128 << 10;

    private static final Set<String> HELLO_PARAMETERS = Set.of("namespaces", "resume", "positions", "inbox");
    /** What these have to say comes by {@code xhr_send}. */
    private static final Set<SockJsTransport> SENT_BY_XHR = EnumSet.of(
            SockJsTransport.XHR, SockJsTransport.XHR_STREAMING, SockJsTransport.EVENTSOURCE, SockJsTransport.HTMLFILE);

    static final String TEXT = "text/plain; charset=UTF-8";

    private final Entrance entrance;
    private final Origins origins;
    private final Set<SockJsTransport> transports;
    private final FallbackHandlers fallbacks;
    private final IframePage iframe;
    private final DoubleSupplier random;
    private final Framing raw = Framing.raw();
    private final Framing sockJs = Framing.sockJs();

    public SockJsRouter(
            Entrance entrance,
            Origins origins,
            Set<SockJsTransport> transports,
            FallbackHandlers fallbacks,
            DoubleSupplier random) {
        this.entrance = entrance;
        this.origins = origins;
        this.transports = transports;
        this.fallbacks = fallbacks;
        this.iframe = new IframePage(origins);
        this.random = random;
    }

    /** Puts the paths on a router. */
    public void install(Router router) {
        router.route("/push*").handler(this::headers);
        router.get("/push").handler(SockJsRouter::greet);
        router.get("/push/").handler(SockJsRouter::greet);
        router.get("/push/info").handler(this::info);
        router.getWithRegex("/push/iframe[0-9A-Za-z_.-]*\\.html").handler(iframe::serve);
        router.get("/push/iframe.js").handler(iframe::serveRule);
        router.options("/push/info").handler(context -> CrossOrigin.preflight(context, "OPTIONS, GET"));
        if (transports.contains(SockJsTransport.RAW_WEBSOCKET)) {
            router.get("/push/websocket").handler(context -> webSocket(context, raw));
        }
        if (transports.contains(SockJsTransport.WEBSOCKET)) {
            session(router, HttpMethod.GET, "websocket").handler(context -> webSocket(context, sockJs));
        }
        sessions(router);
    }

    /** Puts only the paths of fallback sessions on a router, for requests that another gateway hands on. */
    public void installSessions(Router router) {
        router.route("/push*").handler(this::headers);
        sessions(router);
        session(router, HttpMethod.POST, Relay.RENEW).handler(fallbacks::renew);
    }

    private void sessions(Router router) {
        if (transports.contains(SockJsTransport.XHR)) {
            post(router, "xhr").handler(fallbacks::poll);
        }
        if (transports.contains(SockJsTransport.XHR_STREAMING)) {
            post(router, "xhr_streaming").handler(fallbacks::stream);
        }
        if (transports.contains(SockJsTransport.EVENTSOURCE)) {
            session(router, HttpMethod.GET, "eventsource").handler(fallbacks::eventSource);
        }
        if (transports.contains(SockJsTransport.HTMLFILE)) {
            session(router, HttpMethod.GET, "htmlfile").handler(fallbacks::htmlFile);
        }
        if (transports.contains(SockJsTransport.JSONP)) {
            session(router, HttpMethod.GET, "jsonp").handler(fallbacks::jsonp);
            post(router, "jsonp_send").handler(fallbacks::readBody).handler(fallbacks::sendForm);
        }
        if (SENT_BY_XHR.stream().anyMatch(transports::contains)) {
            post(router, "xhr_send").handler(fallbacks::readBody).handler(fallbacks::send);
        }
    }

    private Route post(Router router, String transport) {
        session(router, HttpMethod.OPTIONS, transport)
                .handler(context -> CrossOrigin.preflight(context, "OPTIONS, POST"));
        return session(router, HttpMethod.POST, transport);
    }

    /** Only the session's id counts; what stands in the server's place is the client's own affair. */
    private static Route session(Router router, HttpMethod method, String transport) {
        return router.routeWithRegex(method, "/push/[^/.]{1,64}/(?<session>[^/.]{1,128})/" + transport);
    }

    private void headers(RoutingContext context) {
        CrossOrigin.headers(context, origins, mayBeNull(context));
        context.next();
    }

    /** Sandboxed pages have no origin to name; they may ask what there is, but no more. */
    private static boolean mayBeNull(RoutingContext context) {
        return context.request().method().equals(HttpMethod.OPTIONS)
                || context.normalizedPath().equals("/push/info");
    }

    private static void greet(RoutingContext context) {
        context.response().putHeader("Content-Type", TEXT).end("Welcome to SockJS!\n");
    }

    private void info(RoutingContext context) {
        entrance.checkServes(context.request());
        context.response()
                .putHeader("Content-Type", "application/json; charset=UTF-8")
                .end(new JsonObject()
                        .put("websocket", transports.contains(SockJsTransport.WEBSOCKET))
                        .put("origins", new JsonArray().add("*:*"))
                        // The login cookie decides who it is, so transports that cannot send it are of no use.
                        .put("cookie_needed", true)
                        .put("entropy", (long) (random.getAsDouble() * (1L << 32)))
                        .toBuffer());
    }

    private void webSocket(RoutingContext context, Framing framing) {
        Upgrade upgrade = Upgrade.of(context);
        if (upgrade == null) {
            return;
        }
        HttpServerRequest request = context.request();
        entrance.checkOrigin(request);
        Command.Hello hello = framing.isSockJs ? null : hello(request);
        // Else it is the browser's turn to say something.
        boolean speaksFirst = framing.isSockJs || hello != null;
        entrance.admit(request)
                .onSuccess(newcomer -> upgrade.accept(speaksFirst)
                        .onSuccess(channel -> {
                            WebSocketTransport transport = new WebSocketTransport(
                                    framing, channel, newcomer.credentials().clientAddress(), entrance.limits());
                            Session session = entrance.open(transport, newcomer);
                            transport.serve(session, speaksFirst);
                            if (hello != null) {
                                session.hello(hello);
                            }
                        })
                        .onFailure(failure -> {
                            entrance.gone(newcomer);
                            context.fail(failure);
                        }))
                .onFailure(context::fail);
    }

    /** What the address says of what a hello would; null if it says nothing, and leaves it to a message. */
    private static Command.@Nullable Hello hello(HttpServerRequest request) {
        MultiMap parameters = Query.of(request);
        return HELLO_PARAMETERS.stream().anyMatch(parameters::contains) ? Commands.query(parameters) : null;
    }
}
