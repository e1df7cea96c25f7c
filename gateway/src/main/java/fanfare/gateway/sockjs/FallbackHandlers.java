package fanfare.gateway.sockjs;

import fanfare.gateway.auth.Credentials;
import fanfare.gateway.node.Node;
import fanfare.gateway.session.Session;
import fanfare.http.Problem;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The requests of the fallback sessions: those that wait for messages and those that bring some. */
public final class FallbackHandlers {
    /** What a browser may send in one request [bytes]. */
    private static final int BODY_BYTES_MAX = 128 << 10;
    /** Some browsers hand a stream's bytes on only after the first 2 KiB (SockJS protocol, "XhrStreaming"). */
    private static final Buffer PRELUDE = Buffer.buffer("h".repeat(2_048) + "\n");

    private final Vertx vertx;
    private final Entrance entrance;
    private final Node node;
    private final FallbackSessions sessions;
    private final BodyHandler bodies = BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX);

    public FallbackHandlers(Vertx vertx, Entrance entrance, Node node, FallbackSessions sessions) {
        this.vertx = vertx;
        this.entrance = entrance;
        this.node = node;
        this.sessions = sessions;
    }

    /** {@code /xhr}: answers with one frame. */
    void poll(RoutingContext context) {
        listen(context, SockJsTransport.XHR, () -> Receiver.polling(vertx, context));
    }

    /** {@code /xhr_streaming}: answers with frames as they come. */
    void stream(RoutingContext context) {
        listen(context, SockJsTransport.XHR_STREAMING, () -> Receiver.streaming(vertx, context, PRELUDE));
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
        bodies.handle(context);
    }

    /** What a body may turn out to hold: its announced length, or as much as one request may bring. */
    private static int pending(@Nullable String contentLength) {
        boolean known = contentLength != null && contentLength.matches("\\d{1,6}");
        return known ? Math.min(Integer.parseInt(contentLength), BODY_BYTES_MAX) : BODY_BYTES_MAX;
    }

    /** {@code /xhr_send}: what the browser has to say. */
    void send(RoutingContext context) {
        FallbackTransport transport = sessions.find(id(context));
        if (transport == null) {
            throw unknownSession();
        }
        Buffer body = context.body().buffer();
        if (body == null || body.length() == 0) {
            plain(context, 500, "Payload expected.");
            return;
        }
        List<String> messages = SockJsFrames.messages(body.toString());
        if (messages == null) {
            plain(context, 500, "Broken JSON encoding.");
            return;
        }
        belongs(transport, context.request())
                .onSuccess(own -> {
                    if (own) {
                        transport.execute(() -> transport.receive(messages));
                        plain(context, 204, "");
                    } else {
                        context.fail(unknownSession());
                    }
                })
                .onFailure(context::fail);
    }

    private void listen(RoutingContext context, SockJsTransport kind, Supplier<Receiver> receivers) {
        HttpServerRequest request = context.request();
        entrance.checkOrigin(request);
        String id = id(context);
        FallbackTransport known = sessions.find(id);
        if (known != null) {
            belongs(known, request)
                    .onSuccess(own -> {
                        if (own) {
                            attach(context, known, receivers.get());
                        } else {
                            context.fail(unknownSession());
                        }
                    })
                    .onFailure(context::fail);
            return;
        }
        entrance.admit(request)
                .onSuccess(newcomer -> {
                    FallbackTransport transport = new FallbackTransport(
                            kind.label(),
                            newcomer.credentials().loginHash(),
                            entrance.hub(),
                            over -> sessions.forget(id, over));
                    if (!sessions.enter(id, transport)) {
                        entrance.gone(newcomer);
                        listen(context, kind, receivers);
                        return;
                    }
                    transport.serve(entrance.open(transport, newcomer));
                    attach(context, transport, receivers.get());
                })
                .onFailure(context::fail);
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

    /** A session's id is not a key: whoever uses it must be logged in as the one who opened it. */
    private Future<Boolean> belongs(FallbackTransport transport, HttpServerRequest request) {
        Credentials credentials = entrance.credentials(request);
        if (credentials.loginHash().equals(transport.loginHash())) {
            return Future.succeededFuture(true);
        }
        Context caller = vertx.getOrCreateContext();
        Promise<Boolean> own = Promise.promise();
        transport.execute(() -> {
            Session session = transport.session();
            Future<Boolean> same = session == null ? Future.succeededFuture(false) : node.isSame(session, credentials);
            same.onComplete(result -> caller.runOnContext(back -> own.handle(result)));
        });
        return own.future();
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
