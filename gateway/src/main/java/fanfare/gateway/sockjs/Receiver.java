package fanfare.gateway.sockjs;

import fanfare.http.Reset;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/**
 * The response into which a fallback session can write just now. It lives on its request's event loop, and is called from
 * the session's, which may be another one; what is called in order is written in order.
 */
final class Receiver {
    private final Context home;
    private final HttpServerResponse response;
    private final HttpConnection connection;
    private final boolean streaming;

    private Receiver(Context home, RoutingContext context, boolean streaming) {
        this.home = home;
        this.response = context.response();
        this.connection = context.request().connection();
        this.streaming = streaming;
    }

    /** A poll: its response is one frame. */
    static Receiver polling(Vertx vertx, RoutingContext context) {
        context.response().putHeader("Content-Type", "application/javascript; charset=UTF-8");
        return new Receiver(vertx.getOrCreateContext(), context, false);
    }

    /** A stream: its head and {@code prelude} go out at once, since browsers keep the first bytes back. */
    static Receiver streaming(Vertx vertx, RoutingContext context, Buffer prelude) {
        HttpServerResponse response = context.response();
        response.putHeader("Content-Type", "application/javascript; charset=UTF-8")
                .putHeader("X-Accel-Buffering", "no")
                // Not in HTTP/1.0, where Vert.x ignores this and the connection's end is the stream's.
                .setChunked(true);
        response.write(prelude);
        return new Receiver(vertx.getOrCreateContext(), context, true);
    }

    boolean isStreaming() {
        return streaming;
    }

    /** Whether the connection has ended; may be asked on any loop. */
    boolean isGone() {
        return response.closed();
    }

    /** Writes a part of a stream; {@code written} runs on this receiver's loop. */
    void write(Buffer part, Runnable written) {
        execute(() -> {
            if (!response.closed()) {
                response.write(part).onComplete(done -> written.run());
            }
        });
    }

    /** Writes the last part and ends the response; {@code over} runs on this receiver's loop when it has left or is lost. */
    void end(Buffer last, Runnable over) {
        execute(() -> {
            if (response.closed() || response.ended()) {
                over.run();
            } else {
                response.end(last).onComplete(done -> over.run());
            }
        });
    }

    /** Ends the connection at once, since its browser does not read. */
    void reset() {
        execute(() -> Reset.connection(connection));
    }

    private void execute(Runnable task) {
        if (Vertx.currentContext() == home) {
            task.run();
        } else {
            home.runOnContext(turn -> task.run());
        }
    }
}
