package fanfare.gateway;

import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.auth.ProxyHeads;
import fanfare.gateway.client.ClientFiles;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.events.EventsHandler;
import fanfare.gateway.node.Node;
import fanfare.gateway.relay.Relay;
import fanfare.gateway.relay.RelayConfig;
import fanfare.gateway.relay.RelayGuard;
import fanfare.gateway.relay.Whereabouts;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.SessionMetrics;
import fanfare.gateway.sockjs.Doorway;
import fanfare.gateway.sockjs.Entrance;
import fanfare.gateway.sockjs.FallbackHandlers;
import fanfare.gateway.sockjs.FallbackSessions;
import fanfare.gateway.sockjs.SockJsRouter;
import fanfare.gateway.sockjs.SockJsTransport;
import fanfare.gateway.sockjs.Turnstile;
import fanfare.http.ConnectionGuard;
import fanfare.http.ProblemHandler;
import fanfare.process.LoopLag;
import fanfare.process.Ticker;
import fanfare.tls.ServerTls;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One event loop that serves browsers: its hub, and a share of the connections on the listening port. */
final class GatewayVerticle extends VerticleBase {
    /** Cookies make heads large; more than this is an attack or a mistake [bytes]. */
    private static final int HEAD_BYTES_MAX = 16 << 10;
    /** What a gateway adds to the head of a request that it hands on [bytes]. */
    private static final int RELAYED_BYTES_MAX = 1 << 10;
    /** A raw WebSocket's address carries its hello, positions of many topics included [bytes]. */
    private static final int LINE_BYTES_MAX = 8 << 10;
    /** A negative port is any free one, the same for all event loops; another negative one is another. */
    private static final int ANY_PORT = -1;

    private static final int ANY_OTHER_PORT = -2;
    /** How long a proxy may take over its head, however it trickles; it has it at hand [s]. */
    private static final int PROXY_HEAD_S = 10;
    /** A peer that acknowledges or takes nothing for this long is gone, and its user no longer online (tcp(7)) [ms]. */
    private static final int TCP_USER_TIMEOUT_MS = 30_000;

    private static final Duration BODY_MAX = Duration.ofSeconds(10);

    /** What the event loops of a gateway share; all of it may be used on any of them. */
    record Shared(
            GatewayConfig config,
            int sessionsMax,
            ServerTls tls,
            Node node,
            Drain drain,
            SessionMetrics sessions,
            FallbackSessions fallbacks,
            AddressLimits limits,
            Turnstile turnstile,
            Doorway.Queued newcomers,
            Relay.UnderWay relayed,
            ProxyHeads proxyHeads,
            ClientFiles client,
            Ids ids,
            LongSupplier clock,
            MeterRegistry metrics) {}

    private final Shared shared;
    private @Nullable HttpServer server;

    GatewayVerticle(Shared shared) {
        this.shared = shared;
    }

    @Override
    public Future<?> start() {
        GatewayConfig config = shared.config();
        Hub hub = new Hub(
                vertx,
                config.nodeName(),
                shared.node().feed(),
                config.session(),
                shared.sessions(),
                shared.node().reports(context),
                shared.clock(),
                GatewayVerticle::random);
        shared.node().register(hub);
        LoopLag.watch(Ticker.start(vertx, LoopLag.PERIOD), "browsers", shared.metrics());
        ConnectionGuard guard = new ConnectionGuard(vertx, BODY_MAX, shared.metrics());
        Function<HttpServerRequest, String> addresses = config.auth().clientAddress()::of;
        RelayConfig relaying = config.relay();
        Doorway doorway = new Doorway(hub::execute, shared.node()::caughtUp, shared.newcomers());
        Entrance entrance = entrance(hub, doorway, addresses);
        Relay relay = relaying.isOn() ? relay(relaying, addresses) : null;
        shared.drain()
                .onBegin(() -> hub.execute(() -> {
                    hub.drain(shared.drain());
                    if (relay != null) {
                        relay.drain(shared.drain());
                    }
                }));

        Router router = router(guard);
        sockJs(entrance, relay == null ? Whereabouts.ALONE : relay).install(router);
        if (config.transports().contains(SockJsTransport.EVENTS)) {
            new EventsHandler(entrance, config.auth().origins(), GatewayVerticle::random).install(router);
        }
        shared.client().install(router);
        Future<HttpServer> browsers =
                listenForBrowsers(router, guard, config.listenPort()).onSuccess(listening -> server = listening);
        return relaying.isOn()
                ? browsers.compose(listening -> listenForGateways(hub, doorway, guard, relaying))
                : browsers;
    }

    private Relay relay(RelayConfig settings, Function<HttpServerRequest, String> addresses) {
        return new Relay(
                vertx,
                shared.node()::askOwners,
                addresses,
                settings.secret(),
                shared.sessionsMax(),
                shared.relayed(),
                GatewayVerticle::random,
                shared.metrics());
    }

    private Future<HttpServer> listenForGateways(Hub hub, Doorway doorway, ConnectionGuard guard, RelayConfig relay) {
        Router router = router(guard);
        router.route().handler(new RelayGuard(relay.secret(), shared.node()::incarnation, shared.metrics()));
        sockJs(entrance(hub, doorway, RelayGuard::clientAddress), Whereabouts.MISDIRECTED)
                .installSessions(router);
        return vertx.createHttpServer(options(false).setMaxHeaderSize(HEAD_BYTES_MAX + RELAYED_BYTES_MAX))
                .connectionHandler(guard::connected)
                .invalidRequestHandler(ProblemHandler::unreadable)
                .requestHandler(router)
                .listen(
                        relay.port() == 0 ? ANY_OTHER_PORT : relay.port(),
                        shared.config().listenHost())
                .onSuccess(listening -> shared.node().relayListens(listening.actualPort()));
    }

    private Entrance entrance(Hub hub, Doorway doorway, Function<HttpServerRequest, String> addresses) {
        GatewayConfig config = shared.config();
        return new Entrance(
                context,
                hub,
                shared.node(),
                shared.drain(),
                config.auth().origins(),
                addresses,
                shared.limits(),
                doorway,
                config.auth().siteCookies(),
                shared.turnstile(),
                shared.ids()::next);
    }

    private Router router(ConnectionGuard guard) {
        Router router = Router.router(vertx);
        new ProblemHandler(shared.metrics()).install(router);
        router.route().handler(guard);
        router.route().handler(this::lastOnItsConnection);
        return router;
    }

    /** A browser or balancer that keeps its connection would go on coming to a gateway that is about to stop. */
    private void lastOnItsConnection(RoutingContext context) {
        if (shared.drain().isOn()) {
            context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        context.next();
    }

    private SockJsRouter sockJs(Entrance entrance, Whereabouts whereabouts) {
        return new SockJsRouter(
                entrance,
                shared.config().auth().origins(),
                shared.config().transports(),
                new FallbackHandlers(vertx, entrance, shared.node(), shared.fallbacks(), whereabouts),
                GatewayVerticle::random);
    }

    private Future<HttpServer> listenForBrowsers(Router router, ConnectionGuard guard, int port) {
        ProxyHeads heads = shared.proxyHeads();
        return shared.tls().listen(options(heads.isExpected()), secured -> vertx.createHttpServer(secured)
                .exceptionHandler(heads::failed)
                .connectionHandler(heads.connections(guard::connected))
                .invalidRequestHandler(ProblemHandler::unreadable)
                .requestHandler(heads.requests(router))
                .listen(port == 0 ? ANY_PORT : port, shared.config().listenHost()));
    }

    /** The port in use. */
    int port() {
        HttpServer listening = server;
        return listening == null ? 0 : listening.actualPort();
    }

    private static HttpServerOptions options(boolean proxyProtocol) {
        return new HttpServerOptions()
                .setUseProxyProtocol(proxyProtocol)
                .setProxyProtocolTimeout(PROXY_HEAD_S)
                .setProxyProtocolTimeoutUnit(TimeUnit.SECONDS)
                // Clear-text HTTP/2 would put many requests on a connection, of which the guard knows one.
                .setHttp2ClearTextEnabled(false)
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setTcpUserTimeout(TCP_USER_TIMEOUT_MS)
                .setReuseAddress(true)
                .setAcceptBacklog(4_096)
                .setMaxHeaderSize(HEAD_BYTES_MAX)
                .setMaxInitialLineLength(LINE_BYTES_MAX)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false);
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
