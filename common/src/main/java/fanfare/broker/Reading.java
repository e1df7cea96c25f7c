package fanfare.broker;

import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a channel kept after some point, oldest first.
 *
 * @param items what was asked for
 * @param newest the newest item kept, asked for or not; null if nothing is kept
 * @param complete whether nothing between the point and the first item was dropped
 */
public record Reading(List<Item> items, @Nullable Item newest, boolean complete) {
    /** What to read: everything after a position or, without one, everything that Redis took at or after a moment. */
    public record Point(@Nullable Position after, long sinceMs) {
        public static Point after(Position position) {
            return new Point(position, 0);
        }

        public static Point since(long serverMs) {
            return new Point(null, serverMs);
        }
    }

    /**
     * Takes what was asked for out of the newest items of a channel.
     *
     * @param suffix the newest items, oldest first
     * @param whole whether the suffix is all that is kept
     * @return null if the suffix does not reach back far enough
     */
    static @Nullable Reading of(List<Item> suffix, boolean whole, Point point) {
        Item newest = suffix.isEmpty() ? null : suffix.get(suffix.size() - 1);
        for (int i = suffix.size() - 1; i >= 0; i--) {
            if (isBefore(suffix.get(i), point)) {
                return new Reading(suffix.subList(i + 1, suffix.size()), newest, true);
            }
        }
        return whole ? new Reading(suffix, newest, reachesBackTo(suffix, point)) : null;
    }

    private static boolean isBefore(Item item, Point point) {
        Position after = point.after();
        return after == null
                ? item.serverMs() < point.sinceMs()
                : item.position().isAtMost(after);
    }

    /** Whether all that is kept begins where the point is; nothing kept at all is taken for nothing published. */
    private static boolean reachesBackTo(List<Item> kept, Point point) {
        if (kept.isEmpty()) {
            return true;
        }
        Position before = kept.get(0).prev();
        Position after = point.after();
        return after == null ? before == null : before != null && before.isAtMost(after);
    }
}
