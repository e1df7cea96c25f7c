package fanfare.gateway.session;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The one timer of an event loop: a ring of slots, a tenth of a second each, holding whatever wants to be told that time
 * has passed. Confined to its event loop.
 */
public final class Wheel {
    /** Something in whose life time matters. */
    public interface Timed {
        /** Does what is due; says when it wants to be called next [ms], or {@link #NEVER}. */
        long tick(long nowMs);
    }

    public static final long NEVER = Long.MAX_VALUE;
    public static final int SLOT_MS = 100;
    /** Enough for the longest usual wait, the heartbeat; what waits longer is put back on the way. */
    private static final int SLOTS = 512;

    private final List<List<Timed>> slots = new ArrayList<>(SLOTS);
    /** Number of the last slot that was ticked, counted from the epoch of {@code nowMs}. */
    private long current;

    public Wheel(long nowMs) {
        current = nowMs / SLOT_MS;
        for (int i = 0; i < SLOTS; i++) {
            slots.add(new ArrayList<>());
        }
    }

    /** Calls {@code timed} at {@code dueMs} or up to a slot later; once it may also be called early. */
    public void schedule(Timed timed, long dueMs) {
        if (dueMs != NEVER) {
            long slot = Math.max(current + 1, Math.min(dueMs / SLOT_MS + 1, current + SLOTS - 1));
            slots.get((int) (slot % SLOTS)).add(timed);
        }
    }

    public void advance(long nowMs) {
        long target = Math.min(nowMs / SLOT_MS, current + SLOTS);
        while (current < target) {
            current++;
            List<Timed> due = slots.set((int) (current % SLOTS), new ArrayList<>());
            tick(due.iterator(), nowMs);
        }
        current = Math.max(current, nowMs / SLOT_MS);
    }

    /** A bug in one of them ends this turn; the rest have theirs in the next one. */
    private void tick(Iterator<Timed> due, long nowMs) {
        try {
            while (due.hasNext()) {
                Timed timed = due.next();
                schedule(timed, timed.tick(nowMs));
            }
        } finally {
            due.forEachRemaining(timed -> schedule(timed, nowMs));
        }
    }
}
