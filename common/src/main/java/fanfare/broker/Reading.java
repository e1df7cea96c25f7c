package fanfare.broker;

import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a channel kept after some point, oldest first. Pure.
 *
 * @param items what was asked for
 * @param newest the newest item kept, asked for or not; null if nothing is kept
 * @param before where a reader is who has had all but the items; null if nothing was ever before them
 * @param reach how far it reaches back
 */
public record Reading(List<Item> items, @Nullable Item newest, @Nullable Position before, Reach reach) {
    /** For how long a master that is cut off takes writes ({@code min-replicas-max-lag 10}), and its clock may differ [ms]. */
    private static final long CUT_OFF_MS = 12_000;

    /**
     * What to read: everything after a position or, without one, everything that Redis took at or after a moment.
     *
     * @param former positions that the reader had in earlier generations, of which a master may be left that lost the later
     */
    public record Point(@Nullable Position after, List<Position> former, long sinceMs) {
        /** The point of a reader who has had nothing, since nothing was there. */
        public static final Point BEGINNING = since(0);

        public static Point after(Position position) {
            return after(position, List.of());
        }

        public static Point after(Position position, List<Position> former) {
            return new Point(position, List.copyOf(former), 0);
        }

        public static Point since(long serverMs) {
            return new Point(null, List.of(), serverMs);
        }

        /** The index of the first item that the reader lacks; the order of the list is the truth where it knows a position. */
        private int firstOf(List<Item> items) {
            if (after == null) {
                int first = 0;
                while (first < items.size() && items.get(first).serverMs() < sinceMs) {
                    first++;
                }
                return first;
            }
            int first = items.size();
            while (first > 0 && !covers(items.get(first - 1).position())) {
                first--;
            }
            return first;
        }

        /** Whether nothing was dropped between the point and the items from {@code first} on. */
        private boolean isLinkedTo(List<Item> items, int first) {
            if (after == null) {
                return items.subList(0, first).stream().anyMatch(Reading::hasItsTime);
            }
            Position before = items.isEmpty() ? null : items.get(0).prev();
            return first > 0 || (before != null && covers(before));
        }

        /** Whether the reader has had what stands at this position. */
        public boolean covers(Position position) {
            return covers(after, former, position);
        }

        /** The same without a point: it is asked of every message. */
        public static boolean covers(@Nullable Position after, List<Position> former, Position position) {
            if (after != null && position.isAtMost(after)) {
                return true;
            }
            for (Position each : former) {
                if (position.isAtMost(each)) {
                    return true;
                }
            }
            return false;
        }

        /** The same moment on a clock that is this much ahead; a position stays what it is, and so does the beginning. */
        public Point later(long ms) {
            return after != null || sinceMs == 0 || ms == 0 ? this : since(sinceMs + ms);
        }

        /** The same moment on the clock of a Redis that may be this much behind; a position stays what it is. */
        public Point earlier(long ms) {
            return after == null ? since(Math.max(0, sinceMs - ms)) : this;
        }
    }

    /** What the reading proves. */
    public enum Reach {
        /** Nothing between the point and the first item was dropped: they hang together. */
        LINKED,
        /** All that is kept begins with the first item; what came before, if anything, has expired or is lost. */
        BEGINNING,
        /** Something between the point and the first item was dropped. */
        CUT
    }

    /**
     * Takes what was asked for out of the newest items of a channel.
     *
     * @param suffix the newest items, oldest first
     * @param whole whether the suffix is all that is kept
     * @return null if the suffix does not reach back far enough
     */
    public static @Nullable Reading of(List<Item> suffix, boolean whole, Point point) {
        Item newest = suffix.isEmpty() ? null : suffix.get(suffix.size() - 1);
        int first = point.firstOf(suffix);
        Position head = suffix.isEmpty() ? null : suffix.get(0).prev();
        Reach reach = point.isLinkedTo(suffix, first) ? Reach.LINKED : head == null ? Reach.BEGINNING : Reach.CUT;
        if (reach != Reach.LINKED && !whole) {
            return null;
        }
        Position before = first == 0 ? head : suffix.get(first - 1).position();
        return new Reading(suffix.subList(first, suffix.size()), newest, before, reach);
    }

    /**
     * Whether the item certainly stands where its time says, so that all before it are older. What was published again
     * after a fail-over keeps its first time and may stand behind younger ones. That time is before its generation began,
     * which is told in microseconds, or while a master that was cut off went on taking writes.
     */
    public static boolean hasItsTime(Item item) {
        return 1_000 * (item.serverMs() - CUT_OFF_MS) >= item.position().generation();
    }

    /** What is left of a reading within these bounds, the newest first; it is cut if something had to go. */
    public Reading within(int itemsMax, long bytesMax) {
        int first = items.size();
        long bytes = 0;
        while (first > 0 && items.size() - first < itemsMax) {
            bytes += items.get(first - 1).event().length();
            if (bytes > bytesMax && first < items.size()) {
                break;
            }
            first--;
        }
        return first == 0
                ? this
                : new Reading(
                        items.subList(first, items.size()),
                        newest,
                        items.get(first - 1).position(),
                        Reach.CUT);
    }
}
