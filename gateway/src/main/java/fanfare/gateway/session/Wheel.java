package fanfare.gateway.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.LongConsumer;

/**
 * The one timer of an event loop: a ring of slots, a tenth of a second each, holding whatever wants to be told that time
 * has passed. It asks to be advanced only when something is due, for an idle loop that wakes up in vain costs more than what
 * it does then. Confined to its event loop.
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
    /** How many are ticked before others have their turn on the event loop: some milliseconds' worth of heartbeats. */
    static final int AT_ONCE = 128;

    private final LongConsumer alarm;
    private final List<List<Timed>> slots = new ArrayList<>(SLOTS);
    /** Out of their slots, and not ticked yet. */
    private Queue<Timed> due = new ArrayDeque<>();
    /** Number of the last slot that was emptied, counted from the epoch of {@code nowMs}. */
    private long current;
    /** Number of the slot for which the alarm is set; {@link #NEVER} while it is not. */
    private long alarmed = NEVER;

    /**
     * Makes an empty wheel.
     *
     * @param alarm is told when {@link #advance} is to be called at the latest [ms]; the last word counts
     */
    public Wheel(long nowMs, LongConsumer alarm) {
        this.alarm = alarm;
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
            alarmAt(slot);
        }
    }

    /** Does what is due by now, or the first of it and asks to be called again at once. */
    public void advance(long nowMs) {
        // Until it is known what comes next.
        alarmed = current;
        long target = Math.min(nowMs / SLOT_MS, current + SLOTS);
        while (current < target) {
            current++;
            List<Timed> slot = slots.get((int) (current % SLOTS));
            if (!slot.isEmpty()) {
                due.addAll(slot);
                // Neither is cleared: it would keep the size of the largest crowd.
                slots.set((int) (current % SLOTS), new ArrayList<>());
            }
        }
        current = Math.max(current, nowMs / SLOT_MS);
        try {
            for (int i = 0; i < AT_ONCE && !due.isEmpty(); i++) {
                Timed timed = due.remove();
                schedule(timed, timed.tick(nowMs));
            }
        } finally {
            // Also after a bug in one of them, which is the context's to report.
            if (due.isEmpty()) {
                due = new ArrayDeque<>();
            }
            alarmed = NEVER;
            alarmAt(next());
        }
    }

    private long next() {
        if (!due.isEmpty()) {
            return current;
        }
        for (long slot = current + 1; slot < current + SLOTS; slot++) {
            if (!slots.get((int) (slot % SLOTS)).isEmpty()) {
                return slot;
            }
        }
        return NEVER;
    }

    private void alarmAt(long slot) {
        if (slot < alarmed) {
            alarmed = slot;
            alarm.accept(slot * SLOT_MS);
        }
    }
}
