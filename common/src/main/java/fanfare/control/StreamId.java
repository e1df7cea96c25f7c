package fanfare.control;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** The id of an entry of a Redis stream. */
record StreamId(long time, long sequence) implements Comparable<StreamId> {
    static final StreamId ZERO = new StreamId(0, 0);

    private static final Comparator<StreamId> ORDER =
            Comparator.comparingLong(StreamId::time).thenComparingLong(StreamId::sequence);

    /** Null if the text is no such id. */
    static @Nullable StreamId parse(String text) {
        int dash = text.indexOf('-');
        try {
            return dash < 0
                    ? null
                    : new StreamId(Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
        } catch (NumberFormatException e) {
            return null;
        }
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
