package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The newest items of a channel that many sessions share, from which newcomers are served without asking Redis, within a
 * budget that all these channels share. Confined to the node loop.
 */
final class RecentItems {
    /** What the channels of a gateway may keep. */
    static final class Budget {
        /** Of one channel. */
        private final int itemsMax;
        /** What of that one reading may bring. */
        private final ChannelReader.Bounds read;
        /** Of all channels together. */
        private final long bytesMax;
        /** Read by metrics from other threads. */
        private final AtomicLong bytes = new AtomicLong();

        Budget(int itemsMax, ChannelReader.Bounds read, long bytesMax, MeterRegistry metrics) {
            this.itemsMax = itemsMax;
            this.read = read;
            this.bytesMax = bytesMax;
            Gauge.builder("fanfare_recent_bytes", bytes, AtomicLong::get)
                    .description("Bytes of the newest messages of broadcast and topics, kept for newcomers")
                    .register(metrics);
        }
    }

    /** Of one channel, so that it leaves room for others. */
    private static final int BYTES_MAX = 4 << 20;

    private final Budget budget;
    private final Deque<Item> items = new ArrayDeque<>();
    private int bytes;
    /** From when on everything is here, on Redis' clock [ms]. */
    private long sinceMs = Long.MAX_VALUE;
    /** The position before the oldest that is here; null if nothing ever was. */
    private @Nullable Position before;

    RecentItems(Budget budget) {
        this.budget = budget;
    }

    /** Forgets everything; what is added from now on is all there is behind this position. */
    void clear(@Nullable Position newBefore) {
        items.clear();
        before = newBefore;
        budget.bytes.addAndGet(-bytes);
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
        count(item.event().length());
        while (!items.isEmpty() && isTooMuch()) {
            Item oldest = items.remove();
            count(-oldest.event().length());
            sinceMs = Math.max(sinceMs, oldest.serverMs() + 1);
            before = oldest.position();
        }
    }

    private boolean isTooMuch() {
        return items.size() > budget.itemsMax || bytes > BYTES_MAX || budget.bytes.get() > budget.bytesMax;
    }

    private void count(int more) {
        bytes += more;
        budget.bytes.addAndGet(more);
    }

    /** What follows the point, as much of it as one reading may bring; null if that is not known here. */
    @Nullable
    Reading after(Point point) {
        Reading whole = wholeAfter(point);
        return whole == null ? null : whole.within(budget.read.items(), budget.read.bytes());
    }

    private @Nullable Reading wholeAfter(Point point) {
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
