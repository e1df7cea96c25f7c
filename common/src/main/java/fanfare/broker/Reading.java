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
    /** What to read: everything after a position or, without one, everything that Redis took at or after a moment. */
    public record Point(@Nullable Position after, long sinceMs) {
        /** The point of a reader who has had nothing, since nothing was there. */
        public static final Point BEGINNING = since(0);

        public static Point after(Position position) {
            return new Point(position, 0);
        }

        public static Point since(long serverMs) {
            return new Point(null, serverMs);
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
        for (int i = suffix.size() - 1; i >= 0; i--) {
            if (isBefore(suffix.get(i), point)) {
                List<Item> items = suffix.subList(i + 1, suffix.size());
                return new Reading(items, newest, suffix.get(i).position(), Reach.LINKED);
            }
        }
        return whole ? whole(suffix, newest, point) : null;
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

    private static Reading whole(List<Item> kept, @Nullable Item newest, Point point) {
        Position before = kept.isEmpty() ? null : kept.get(0).prev();
        if (before == null) {
            return new Reading(kept, newest, null, Reach.BEGINNING);
        }
        Position after = point.after();
        boolean linked = after != null && before.isAtMost(after);
        return new Reading(kept, newest, before, linked ? Reach.LINKED : Reach.CUT);
    }

    private static boolean isBefore(Item item, Point point) {
        Position after = point.after();
        return after == null
                ? item.serverMs() < point.sinceMs()
                : item.position().isAtMost(after);
    }
}
