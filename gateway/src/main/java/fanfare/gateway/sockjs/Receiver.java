package fanfare.gateway.sockjs;

import fanfare.gateway.relay.RelayGuard;
import fanfare.http.Reset;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;

/**
 * The response into which a fallback session can write just now. It lives on its request's event loop, and is called from
 * the session's, which may be another one; what is called in order is written in order.
 */
final class Receiver {
    private final Context home;
    private final HttpServerResponse response;
    private final HttpConnection connection;
    private final Envelope envelope;
    private final boolean handedOn;

    /** Begins the response; a stream's head and prelude go out at once, since browsers keep the first bytes back. */
    Receiver(Vertx vertx, RoutingContext context, Envelope envelope) {
        this.home = vertx.getOrCreateContext();
        this.response = context.response();
        this.connection = context.request().connection();
        this.envelope = envelope;
        this.handedOn = RelayGuard.isHandedOn(context);
        response.putHeader("Content-Type", envelope.contentType());
        if (envelope.streaming()) {
            // Chunks not in HTTP/1.0, where Vert.x ignores this and the connection's end is the stream's.
            response.putHeader("X-Accel-Buffering", "no").setChunked(true);
            response.write(envelope.prelude());
        }
    }

    /** Whether another gateway stands between here and the browser. */
    boolean isHandedOn() {
        return handedOn;
    }

    boolean isStreaming() {
        return envelope.streaming();
    }

    /** A frame as it stands in this response. */
    Buffer wrap(Buffer frame) {
        return envelope.wrap(frame);
    }

    /** Whether the connection has ended; may be asked on any loop. */
    boolean isGone() {
        return response.closed();
    }

    /** Writes a part of a stream; {@code over} is told on this receiver's loop whether it has left, or is lost. */
    void write(Buffer part, Consumer<Boolean> over) {
        execute(() -> {
            if (response.closed()) {
                over.accept(false);
            } else {
                response.write(part).onComplete(done -> over.accept(done.succeeded()));
            }
        });
    }

    /** Writes the last part and ends the response; {@code over} is told as for {@link #write}. */
    void end(Buffer last, Consumer<Boolean> over) {
        execute(() -> {
            if (response.closed() || response.ended()) {
                over.accept(false);
            } else {
                response.end(last).onComplete(done -> over.accept(done.succeeded()));
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
