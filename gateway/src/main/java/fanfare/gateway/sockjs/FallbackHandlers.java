package fanfare.gateway.sockjs;

import fanfare.gateway.auth.Credentials;
import fanfare.gateway.node.Node;
import fanfare.gateway.relay.Owner;
import fanfare.gateway.relay.Owners.Found;
import fanfare.gateway.relay.Whereabouts;
import fanfare.gateway.session.Session;
import fanfare.gateway.sockjs.Entrance.Newcomer;
import fanfare.http.Problem;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The requests of the fallback sessions: those that wait for messages and those that bring some. */
public final class FallbackHandlers {
    /** What a browser may send in one request [bytes]. */
    public static final int BODY_BYTES_MAX = 128 << 10;
    /** A path of names, as a page's scripts may call it; anything else could be a script of its own. */
    private static final Pattern CALLBACK = Pattern.compile("[A-Za-z0-9_.]{1,128}");

    private static final String FORM = "application/x-www-form-urlencoded";
    /** How a form's field with what is said begins. */
    private static final String FIELD = "d=";

    private final Vertx vertx;
    private final Entrance entrance;
    private final Node node;
    private final FallbackSessions sessions;
    private final Whereabouts whereabouts;
    private final BodyHandler bodies = BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX);

    public FallbackHandlers(
            Vertx vertx, Entrance entrance, Node node, FallbackSessions sessions, Whereabouts whereabouts) {
        this.vertx = vertx;
        this.entrance = entrance;
        this.node = node;
        this.sessions = sessions;
        this.whereabouts = whereabouts;
    }

    /** {@code /xhr}: answers with one frame. */
    void poll(RoutingContext context) {
        listen(context, Envelope.XHR);
    }

    /** {@code /xhr_streaming}: answers with frames as they come. */
    void stream(RoutingContext context) {
        listen(context, Envelope.XHR_STREAMING);
    }

    /**
     * {@code /eventsource}: the same as an event stream. Browsers send it without cookies to another origin, which would
     * make it nobody's; a refusal has the client move on.
     */
    void eventSource(RoutingContext context) {
        HttpServerRequest request = context.request();
        // Any cookie, be it one that the site does not want to see, shows that the browser was asked to send them.
        if (request.getHeader("Origin") != null && request.getHeader("Cookie") == null) {
            throw Problem.NOT_LOGGED_IN.because("an event stream of another origin comes without cookies");
        }
        listen(context, Envelope.EVENTSOURCE);
    }

    /** {@code /htmlfile}: the same as scripts in a page. */
    void htmlFile(RoutingContext context) {
        String callback = callback(context);
        if (callback != null) {
            listen(context, Envelope.htmlFile(callback));
        }
    }

    /** {@code /jsonp}: answers with one frame as a script. */
    void jsonp(RoutingContext context) {
        String callback = callback(context);
        if (callback != null) {
            listen(context, Envelope.jsonp(callback));
        }
    }

    /** The name of the page's function; null if the request was refused for want of one. */
    private static @Nullable String callback(RoutingContext context) {
        String callback = Query.of(context.request()).get("c");
        if (callback == null || callback.isEmpty()) {
            plain(context, 500, "\"callback\" parameter required");
            return null;
        }
        if (!CALLBACK.matcher(callback).matches()) {
            plain(context, 500, "invalid \"callback\" parameter");
            return null;
        }
        return callback;
    }

    /** Reads a body within what one request and one address may have pending. */
    void readBody(RoutingContext context) {
        entrance.checkOrigin(context.request());
        String address = entrance.address(context.request());
        int bytes = pending(context.request().getHeader("Content-Length"));
        if (!entrance.limits().reserveBody(address, bytes)) {
            throw Problem.TOO_MANY_REQUESTS.because("too many bodies pending from your address");
        }
        context.addEndHandler(done -> entrance.limits().releaseBody(address, bytes));
        readPlain(context);
    }

    /**
     * Has the body read as it is, whatever it says that it is: of a form Vert.x keeps the fields only, and fails if it is
     * none. It looks at the type when it begins to read, and not again.
     */
    private void readPlain(RoutingContext context) {
        MultiMap headers = context.request().headers();
        List<String> types = headers.getAll("Content-Type");
        headers.remove("Content-Type");
        bodies.handle(context);
        headers.add("Content-Type", types);
    }

    /** What a body may turn out to hold: its announced length, or as much as one request may bring. */
    private static int pending(@Nullable String contentLength) {
        boolean known = contentLength != null && contentLength.matches("\\d{1,6}");
        return known ? Math.min(Integer.parseInt(contentLength), BODY_BYTES_MAX) : BODY_BYTES_MAX;
    }

    /** {@code /xhr_send}: what the browser has to say. */
    void send(RoutingContext context) {
        send(context, text(context), () -> plain(context, 204, ""));
    }

    /** {@code /jsonp_send}: the same, posted by a form or as it is. */
    void sendForm(RoutingContext context) {
        String type = context.request().getHeader("Content-Type");
        boolean form = type != null && type.toLowerCase(Locale.ROOT).startsWith(FORM);
        send(context, form ? field(text(context)) : text(context), () -> plain(context, 200, "ok"));
    }

    /** The field of a form that holds what is said; empty if there is none. */
    private static String field(String form) {
        for (String pair : form.split("&", -1)) {
            if (pair.startsWith(FIELD)) {
                try {
                    return URLDecoder.decode(pair.substring(FIELD.length()), StandardCharsets.UTF_8);
                } catch (IllegalArgumentException e) {
                    // With its name before it, it is no JSON either.
                    return pair;
                }
            }
        }
        return "";
    }

    /**
     * {@code /renew}, from a gateway that hands a session's response on and is about to stop: ends it as if it were full, so
     * that the browser asks anew and its next request goes another way.
     */
    void renew(RoutingContext context) {
        FallbackTransport transport = sessions.find(id(context));
        if (transport == null) {
            context.fail(unknownSession());
            return;
        }
        transport.execute(transport::renew);
        plain(context, 204, "");
    }

    private void send(RoutingContext context, String body, Runnable taken) {
        String id = id(context);
        FallbackTransport transport = sessions.find(id);
        if (transport == null) {
            elsewhere(context, id, context.body().buffer(), null, nobody -> context.fail(unknownSession()));
            return;
        }
        ifItBelongs(context, transport, () -> {
            List<String> messages = SockJsFrames.messages(body);
            if (body.isEmpty()) {
                plain(context, 500, "Payload expected.");
            } else if (messages == null) {
                plain(context, 500, "Broken JSON encoding.");
            } else {
                transport.execute(() -> transport.receive(messages));
                taken.run();
            }
        });
    }

    private static String text(RoutingContext context) {
        Buffer body = context.body().buffer();
        return body == null ? "" : body.toString();
    }

    private void listen(RoutingContext context, Envelope envelope) {
        entrance.checkOrigin(context.request());
        String id = id(context);
        FallbackTransport known = sessions.find(id);
        if (known == null) {
            elsewhere(context, id, null, null, nobody -> open(context, envelope, id, nobody));
            return;
        }
        ifItBelongs(context, known, () -> attach(context, known, new Receiver(vertx, context, envelope)));
    }

    /**
     * A session that is not here: hands the request on to whoever holds it, and to {@code free} if nobody does.
     *
     * @param disclaimed whom Redis may still name, but who does not know the session any more
     */
    private void elsewhere(
            RoutingContext context,
            String id,
            @Nullable Buffer body,
            @Nullable Owner disclaimed,
            Consumer<Found> free) {
        whereabouts
                .find(id)
                .onSuccess(found -> {
                    Owner owner = found.elsewhere();
                    if (owner == null) {
                        free.accept(found);
                    } else if (owner.equals(disclaimed)) {
                        free.accept(new Found(null, owner.value()));
                    } else {
                        handOn(context, id, body, owner, free);
                    }
                })
                .onFailure(context::fail);
    }

    private void handOn(RoutingContext context, String id, @Nullable Buffer body, Owner owner, Consumer<Found> free) {
        whereabouts
                .handOn(context, id, owner, body == null ? Buffer.buffer() : body)
                .onSuccess(known -> {
                    if (!known) {
                        elsewhere(context, id, body, owner, free);
                    }
                })
                .onFailure(lost -> context.fail(
                        Problem.UNAVAILABLE.because("the gateway that held this session is away; open a new one")));
    }

    /** Opens a session that is nobody's, unless another gateway is quicker. */
    private void open(RoutingContext context, Envelope envelope, String id, Found nobody) {
        entrance.admit(context.request())
                .onSuccess(newcomer -> whereabouts
                        .claim(id, nobody)
                        .onSuccess(claimed -> {
                            if (claimed.elsewhere() == null) {
                                open(context, envelope, id, claimed.taken(), newcomer);
                            } else {
                                entrance.gone(newcomer);
                                handOn(
                                        context,
                                        id,
                                        null,
                                        claimed.elsewhere(),
                                        still -> open(context, envelope, id, still));
                            }
                        })
                        .onFailure(failure -> {
                            entrance.gone(newcomer);
                            context.fail(failure);
                        }))
                .onFailure(context::fail);
    }

    private void open(RoutingContext context, Envelope envelope, String id, String claim, Newcomer newcomer) {
        FallbackTransport transport = new FallbackTransport(
                envelope.transport().label(), newcomer.credentials().loginHash(), claim, entrance.hub(), over -> {
                    if (sessions.forget(id, over)) {
                        whereabouts.release(id, over.claim());
                    }
                });
        if (!sessions.enter(id, transport)) {
            entrance.gone(newcomer);
            listen(context, envelope);
            return;
        }
        // Queued before the site is asked, whose refusal could overtake it if this thread is held up: `o` comes first.
        attach(context, transport, new Receiver(vertx, context, envelope));
        transport.serve(entrance.open(transport, newcomer));
    }

    private static void attach(RoutingContext context, FallbackTransport transport, Receiver receiver) {
        context.addEndHandler(ended -> {
            if (ended.failed()) {
                transport.execute(() -> transport.aborted(receiver));
            }
        });
        transport.execute(() -> transport.attach(receiver));
        if (context.response().closed()) {
            // The browser left before it was admitted: the handler came too late to hear of that.
            transport.execute(() -> transport.aborted(receiver));
        }
    }

    /** Goes on for the browser whose session it is; for any other there is no such session. */
    private void ifItBelongs(RoutingContext context, FallbackTransport transport, Runnable goOn) {
        belongs(transport, context.request())
                .onSuccess(own -> {
                    if (own) {
                        goOn.run();
                    } else {
                        context.fail(unknownSession());
                    }
                })
                .onFailure(context::fail);
    }

    /** A session's id is not a key: whoever uses it must be logged in as the one who opened it. */
    private Future<Boolean> belongs(FallbackTransport transport, HttpServerRequest request) {
        Credentials credentials = entrance.credentials(request);
        if (credentials.loginHash().equals(transport.loginHash())) {
            return Future.succeededFuture(true);
        }
        if (!entrance.limits().handshake(credentials.clientAddress(), System.nanoTime())) {
            return Future.failedFuture(
                    Problem.TOO_MANY_REQUESTS.because("too many requests with other cookies from your address"));
        }
        Context caller = vertx.getOrCreateContext();
        Promise<Boolean> own = Promise.promise();
        transport.execute(() -> {
            Session session = transport.session();
            transport.judging();
            Future<Boolean> same = session == null ? Future.succeededFuture(false) : node.isSame(session, credentials);
            same.onComplete(result -> {
                boolean isOwn = result.succeeded() && result.result();
                if (isOwn) {
                    // So the site is asked once for each cookie that changes, and an outage of it ends nobody's
                    // session.
                    transport.loginHash(credentials.loginHash());
                }
                transport.execute(() -> transport.judged(isOwn));
                caller.runOnContext(back -> own.handle(result));
            });
        });
        return own.future()
                .recover(failure -> Future.failedFuture(
                        Problem.UNAVAILABLE.because("the site cannot say just now whether this session is yours")));
    }

    private static String id(RoutingContext context) {
        return Objects.requireNonNull(context.pathParam("session"), "the route has a session in its path");
    }

    private static RuntimeException unknownSession() {
        return Problem.NOT_FOUND.because("there is no such session here; open a new one");
    }

    private static void plain(RoutingContext context, int status, @Nullable String text) {
        HttpServerResponse response =
                context.response().setStatusCode(status).putHeader("Content-Type", "text/plain; charset=UTF-8");
        if (text == null || text.isEmpty()) {
            response.end();
        } else {
            response.end(text);
        }
    }
}
