package fanfare.redis;

import io.vertx.redis.client.Response;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The id of an entry of a Redis stream.
 *
 * @param time of the server when the entry was added, or that of the entry before if the clock was set back [ms]
 */
public record StreamId(long time, long sequence) implements Comparable<StreamId> {
    public static final StreamId ZERO = new StreamId(0, 0);

    private static final Comparator<StreamId> ORDER =
            Comparator.comparingLong(StreamId::time).thenComparingLong(StreamId::sequence);

    /** Null if the text is no such id. */
    public static @Nullable StreamId parse(String text) {
        int dash = text.indexOf('-');
        try {
            return dash < 0
                    ? null
                    : new StreamId(Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** What a server gave as an id. */
    public static StreamId of(Response text) {
        StreamId id = parse(text.toString());
        if (id == null) {
            throw new IllegalStateException("Redis gave no stream id: " + text);
        }
        return id;
    }

    @Override
    public int compareTo(StreamId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return time + "-" + sequence;
    }
}
