package fanfare.gateway.feed;

import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest items of a channel that many sessions share, from which newcomers are served without asking Redis. */
final class RecentItems {
    private static final int ITEMS_MAX = 1_000;
    private static final int BYTES_MAX = 4 << 20;

    private final Deque<Item> items = new ArrayDeque<>();
    private int bytes;
    /** From when on everything is here, on Redis' clock [ms]. */
    private long sinceMs = Long.MAX_VALUE;
    /** The position before the oldest that is here; null if nothing ever was. */
    private @Nullable Position before;

    /** Forgets everything; what is added from now on is all there is behind this position. */
    void clear(@Nullable Position newBefore) {
        items.clear();
        before = newBefore;
        bytes = 0;
        sinceMs = Long.MAX_VALUE;
    }

    /** Everything since that moment, on Redis' clock [ms], is here. */
    void reachesBackTo(long newSinceMs) {
        sinceMs = newSinceMs;
    }

    void add(Item item) {
        if (items.isEmpty()) {
            before = item.prev();
        }
        if (sinceMs == Long.MAX_VALUE && Reading.hasItsTime(item)) {
            // Others of that very millisecond may have come before it.
            sinceMs = item.serverMs() + 1;
        }
        items.add(item);
        bytes += item.event().length();
        while (items.size() > ITEMS_MAX || bytes > BYTES_MAX) {
            Item oldest = items.remove();
            bytes -= oldest.event().length();
            sinceMs = Math.max(sinceMs, oldest.serverMs() + 1);
            before = oldest.position();
        }
    }

    /** What follows the point; null if that is not known here. */
    @Nullable
    Reading after(Point point) {
        Position after = point.after();
        List<Item> all = new ArrayList<>(items);
        if (after == null) {
            if (point.sinceMs() < sinceMs) {
                return null;
            }
            int first = 0;
            while (first < all.size() && all.get(first).serverMs() < point.sinceMs()) {
                first++;
            }
            return from(all, first);
        }
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).position().equals(after)) {
                return from(all, i + 1);
            }
        }
        return null;
    }

    private Reading from(List<Item> all, int first) {
        Position previous = first == 0 ? before : all.get(first - 1).position();
        return new Reading(all.subList(first, all.size()), null, previous, Reach.LINKED);
    }
}
