package fanfare.gateway.feed;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which publications were handed to sessions in the last two minutes: after a fail-over the publisher may publish one
 * again, under the same id. Two tables of 64-bit hashes take turns, so that the older half is forgotten at once; when
 * more is published than they hold, they take turns sooner. Confined to the node loop.
 */
final class DeliveredIds {
    /** For how long a publication may be repeated under its id [ms]; a later one with the same id is a new one. */
    static final long REPEAT_MS_MAX = 120_000;
    /** The stamp of what was not handed to anybody before. */
    static final long NEVER = 0;

    private static final int CAPACITY_FIRST = 1 << 10;

    /** An open-addressed table: hash, stamp and Redis' time of each id. */
    private static final class Table {
        long[] slots = new long[3 * CAPACITY_FIRST];
        int size;
        /** Redis' time of the first id in it [ms]. */
        long sinceMs;

        int find(long[] in, long hash) {
            int capacity = in.length / 3;
            int i = Math.floorMod((hash * 0x9E3779B97F4A7C15L) >>> 16, capacity);
            while (in[3 * i] != 0 && in[3 * i] != hash) {
                i = i + 1 == capacity ? 0 : i + 1;
            }
            return 3 * i;
        }

        void put(long hash, long stamp, long serverMs) {
            if (2 * size >= slots.length / 3) {
                grow();
            }
            int at = find(slots, hash);
            if (slots[at] == 0) {
                slots[at] = hash;
                size++;
            }
            slots[at + 1] = stamp;
            slots[at + 2] = serverMs;
        }

        private void grow() {
            long[] larger = new long[2 * slots.length];
            for (int i = 0; i < slots.length; i += 3) {
                if (slots[i] != 0) {
                    System.arraycopy(slots, i, larger, find(larger, slots[i]), 3);
                }
            }
            slots = larger;
        }
    }

    private final int idsMax;
    private Table current = new Table();
    private Table previous = new Table();
    /** Read by metrics from other threads. */
    private final AtomicInteger size = new AtomicInteger();

    DeliveredIds(int idsMax, MeterRegistry metrics) {
        this.idsMax = idsMax;
        Gauge.builder("fanfare_delivered_ids", size, AtomicInteger::get)
                .description("Ids of publications that are remembered, so that a repeat is known")
                .register(metrics);
    }

    /**
     * Notes that a publication is handed to sessions.
     *
     * @param stamp grows with each call
     * @return the stamp under which it was handed out before, {@link #NEVER} if it was not
     */
    long add(Channel channel, Item item, long stamp) {
        long hash = hash(channel, item.id());
        long before = stampOf(current, hash, item.serverMs());
        if (before == NEVER) {
            before = stampOf(previous, hash, item.serverMs());
        }
        if (2 * current.size >= idsMax || item.serverMs() - current.sinceMs > REPEAT_MS_MAX) {
            previous = current;
            current = new Table();
            current.sinceMs = item.serverMs();
        }
        current.put(hash, stamp, item.serverMs());
        size.set(current.size + previous.size);
        return before;
    }

    private static long stampOf(Table table, long hash, long serverMs) {
        int at = table.find(table.slots, hash);
        return table.slots[at] != 0 && Math.abs(serverMs - table.slots[at + 2]) < REPEAT_MS_MAX
                ? table.slots[at + 1]
                : NEVER;
    }

    /** FNV-1a over the channel and the id; never 0, which marks an empty slot. */
    private static long hash(Channel channel, String id) {
        long hash = 0xcbf29ce484222325L;
        hash = hash(hash, channel.toString());
        hash = hash(hash * 0x100000001b3L, id);
        return hash == 0 ? 1 : hash;
    }

    private static long hash(long from, String text) {
        long hash = from;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
