package fanfare.gateway.events;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.gateway.sockjs.SockJsTransport;
import fanfare.http.Problem;
import fanfare.http.Reset;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session as an event stream. Its head waits for the site's answer, since an EventSource understands a status better
 * than a message. Behind the welcome and every event stands the token with which the browser comes back.
 */
final class EventsTransport implements Transport {
    /** What a browser says last that is not to come back; it would, all the same, and is then told with a 204. */
    static final String OVER = "over";

    /** What waits leaves in parts of about this size, between which the connection is asked whether it takes more [bytes]. */
    private static final int PART_BYTES = 64 << 10;

    private final RoutingContext context;
    private final HttpServerResponse response;
    /** How long a browser that was turned away waits before it comes back [ms]. */
    private final long retryMs;

    private @Nullable Session session;
    /** The last token that the session gave out, and where the browser has come since. */
    private @Nullable ResumeToken token;

    private final Map<String, Place> places = new HashMap<>();

    EventsTransport(RoutingContext context, long retryMs) {
        this.context = context;
        this.response = context.response();
        this.retryMs = retryMs;
    }

    void serve(Session opened) {
        session = opened;
        response.drainHandler(drained -> opened.flush());
        context.addEndHandler(end -> opened.ended(CloseReason.ABNORMAL));
    }

    @Override
    public String name() {
        return SockJsTransport.EVENTS.label();
    }

    @Override
    public boolean takesMore() {
        return !response.closed() && !response.ended() && !response.writeQueueFull();
    }

    @Override
    public int write(SendQueue queue) {
        SendQueue.Reader waiting = queue.reader();
        while (!waiting.isAtEnd() && takesMore()) {
            Future<Void> write = response.write(part(waiting));
            List<Message> asked = waiting.asked();
            if (session != null) {
                session.handedOver(asked, write);
            }
        }
        return waiting.taken();
    }

    private Buffer part(SendQueue.Reader waiting) {
        Buffer part = begin();
        while (!waiting.isAtEnd() && part.length() < PART_BYTES) {
            Message message = waiting.poll();
            if (message != null) {
                part.appendBuffer(message.lines());
                String id = idAfter(message);
                part.appendString(id == null ? "\n" : "id: " + id + "\n\n");
            }
        }
        return part;
    }

    @Override
    public void heartbeat() {
        if (response.closed() && session != null) {
            // A connection that broke in the very moment of its admission has told nobody of its end.
            session.ended(CloseReason.ABNORMAL);
            return;
        }
        // Before its head a stream has nothing to say; the site's answer is awaited for some seconds only.
        if (response.headWritten() && !response.closed()) {
            response.write(":\n\n");
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (response.closed() || response.ended()) {
            return;
        }
        if (!reason.comesBack() && !response.headWritten()) {
            context.fail(
                    reason.code() == CloseReason.ORIGIN_REFUSED.code()
                            ? Problem.ORIGIN_REFUSED.because(reason.text())
                            : Problem.NOT_LOGGED_IN.because(reason.text()));
            return;
        }
        Buffer last = begin();
        last.appendString(reason.comesBack() ? "retry: " + retryMs + "\n" : "id: " + OVER + "\n");
        last.appendBuffer(
                Message.error(Integer.toString(reason.code()), reason.text()).lines());
        response.end(last.appendString("\n"));
    }

    @Override
    public void reset() {
        Reset.connection(context.request().connection());
    }

    private Buffer begin() {
        if (!response.headWritten()) {
            response.putHeader("Content-Type", "text/event-stream")
                    .putHeader("X-Accel-Buffering", "no")
                    .setChunked(true);
        }
        return Buffer.buffer();
    }

    /** The token of a browser that has had the message; null for one that does not move it on. */
    private @Nullable String idAfter(Message message) {
        ResumeToken given = message.token();
        if (given != null) {
            token = given;
            places.clear();
            places.putAll(given.places());
            return given.encode();
        }
        String channel = message.channel();
        Position position = message.position();
        ResumeToken last = token;
        if (channel == null || position == null || last == null) {
            return null;
        }
        Place before = places.get(channel);
        places.put(channel, new Place(Point.after(position), before == null ? 0 : before.mark()));
        return new ResumeToken(last.user(), last.asOfMs(), places).encode();
    }
}
