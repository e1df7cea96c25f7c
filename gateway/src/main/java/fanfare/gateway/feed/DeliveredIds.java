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
        private long[] slots;
        int size;
        /** Redis' time when it was begun [ms]. */
        final long sinceMs;

        /** @param capacity a power of two */
        Table(int capacity, long sinceMs) {
            this.slots = new long[3 * capacity];
            this.sinceMs = sinceMs;
        }

        /** Where an id is, or else where it belongs. */
        int find(long hash) {
            return find(slots, slots.length / 3 - 1, hash);
        }

        private static int find(long[] in, int mask, long hash) {
            int i = (int) ((hash * 0x9E3779B97F4A7C15L) >>> 32) & mask;
            while (in[3 * i] != 0 && in[3 * i] != hash) {
                i = (i + 1) & mask;
            }
            return 3 * i;
        }

        long stampAt(int at, long serverMs) {
            return slots[at] != 0 && Math.abs(serverMs - slots[at + 2]) < REPEAT_MS_MAX ? slots[at + 1] : NEVER;
        }

        /** @param at where it was found or belongs, if nothing was put since */
        void put(int at, long hash, long stamp, long serverMs) {
            if (slots[at] == 0) {
                slots[at] = hash;
                size++;
            }
            slots[at + 1] = stamp;
            slots[at + 2] = serverMs;
            if (2 * size >= slots.length / 3) {
                grow();
            }
        }

        private void grow() {
            long[] larger = new long[2 * slots.length];
            int mask = larger.length / 3 - 1;
            for (int i = 0; i < slots.length; i += 3) {
                if (slots[i] != 0) {
                    System.arraycopy(slots, i, larger, find(larger, mask, slots[i]), 3);
                }
            }
            slots = larger;
        }
    }

    private final int idsMax;
    private Table current = new Table(CAPACITY_FIRST, 0);
    private Table previous = new Table(CAPACITY_FIRST, 0);
    /** Redis' time as far as it is known here [ms]: somebody who joins may be handed what is days old. */
    private long newestMs;

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
     * @param channelHash see {@link #hash(Channel)}
     * @param stamp grows with each call
     * @return the stamp under which it was handed out before, {@link #NEVER} if it was not
     */
    long add(long channelHash, Item item, long stamp) {
        long hash = hash(channelHash, item.id());
        hash = hash == 0 ? 1 : hash; // 0 marks an empty slot.
        newestMs = Math.max(newestMs, item.serverMs());
        if (2 * current.size >= idsMax || newestMs - current.sinceMs > REPEAT_MS_MAX) {
            previous = current;
            // Large enough for as many as the last one had: growing takes its time.
            int capacity = Math.max(CAPACITY_FIRST, Integer.highestOneBit(Math.max(1, previous.size)) << 2);
            current = new Table(capacity, newestMs);
        }
        int at = current.find(hash);
        long before = current.stampAt(at, item.serverMs());
        if (before == NEVER && previous.size > 0) {
            before = previous.stampAt(previous.find(hash), item.serverMs());
        }
        current.put(at, hash, stamp, item.serverMs());
        size.set(current.size + previous.size);
        return before;
    }

    /** What stands for a channel in {@link #add}: FNV-1a, since a hash of 32 bits would take one user's for another's. */
    static long hash(Channel channel) {
        return hash(0xcbf29ce484222325L, channel.toString()) * 0x100000001b3L;
    }

    private static long hash(long from, String text) {
        long hash = from;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
