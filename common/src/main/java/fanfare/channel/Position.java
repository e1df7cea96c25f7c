package fanfare.channel;

import org.jspecify.annotations.Nullable;

/**
 * The place of a publication in its channel, written {@code <generation>-<sequence>}. Sequences are compared within one
 * generation only; across generations the order of the list (or log) is the truth, since the clocks of two masters differ.
 */
public record Position(long generation, long sequence) {
    /** The position that {@code text} names, or null if it names none. */
    public static @Nullable Position parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 1 || text.length() > 40) {
            return null;
        }
        try {
            long generation = Long.parseLong(text, 0, dash, 10);
            long sequence = Long.parseLong(text, dash + 1, text.length(), 10);
            return generation < 0 || sequence < 0 ? null : new Position(generation, sequence);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Whether this is the other position or one before it in the same generation. */
    public boolean isAtMost(Position other) {
        return generation == other.generation && sequence <= other.sequence;
    }

    @Override
    public String toString() {
        return generation + "-" + sequence;
    }
}
