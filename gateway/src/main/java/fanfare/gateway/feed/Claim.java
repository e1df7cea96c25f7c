package fanfare.gateway.feed;

import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.redis.ServerTime;
import org.jspecify.annotations.Nullable;

/**
 * What a session that joins a channel should have, and whether a reading gives it that. Pure.
 *
 * @param from the point from which on nothing may be missing
 * @param taken when a moment in {@code from} is, on the clocks of all masters
 * @param evidence of the moment up to which the session had everything
 * @param fence as it was found for a session that resumes; null for a newcomer
 * @param losses lost links until then: one more, and it could be another Redis that is read
 */
record Claim(Point from, ServerTime taken, Evidence evidence, @Nullable Fence fence, int losses) {
    /** Clocks of two masters are no further apart than this, and a fail-over is no longer [ms]. */
    static final long OTHER_MASTER_MS = 30_000;

    /** Where to read from, on the master with this identity. */
    Point from(String master) {
        return taken.isOn(master) ? from.later(taken.aheadMs(master)) : from.earlier(OTHER_MASTER_MS);
    }

    boolean resumes() {
        return fence != null;
    }

    /**
     * Whether nothing is missing.
     *
     * @param master identity of the master that was read
     * @param lossesNow lost links so far
     * @param fenceNow the slot's fence as found there, if it was
     */
    boolean isMet(Reading reading, String master, int lossesNow, @Nullable Fence fenceNow, long keptMs) {
        if (fence != null) {
            return losses == lossesNow && evidence.proves(reading, fence, keptMs);
        }
        if (reading.reach() == Reach.CUT) {
            return false;
        }
        // If the Redis on which the newcomer's start was taken has been running ever since, nothing was lost with it.
        return taken.isOn(master) || (fenceNow != null && evidence.proves(reading, fenceNow, keptMs));
    }
}
