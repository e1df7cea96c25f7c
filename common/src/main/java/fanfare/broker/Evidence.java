package fanfare.broker;

import fanfare.broker.Reading.Reach;

/**
 * What a reader knows of the moment up to which it had everything, by which a reading can tell whether it still has. Pure.
 *
 * @param asOfMs a moment at which it had everything, on Redis' clock [ms]
 * @param mark the {@link Fence#mark} of that time; 0 if it is not known
 */
public record Evidence(long asOfMs, int mark) {
    /** Items this close to the end of their lives are not counted on [ms]. */
    private static final long EXPIRY_MARGIN_MS = 60_000;
    /** Two masters' clocks are taken to be no further apart [ms]. */
    private static final long CLOCK_MARGIN_MS = 20_000;

    /**
     * Whether the reader misses nothing once it has what was read.
     *
     * @param keptMs how long a channel is kept after its last publication [ms]
     */
    public boolean proves(Reading reading, Fence fence, long keptMs) {
        // Where the list hangs together with the point it needs no other proof. Where all that is kept begins later,
        // what came before must neither have expired nor been lost with a Redis that came back empty.
        return reading.reach() == Reach.LINKED
                || (reading.reach() == Reach.BEGINNING
                        && fence.nowMs() - asOfMs < keptMs - EXPIRY_MARGIN_MS
                        && isSame(fence));
    }

    private boolean isSame(Fence fence) {
        return mark != 0 ? mark == fence.mark() : fence.bornMs() <= asOfMs - CLOCK_MARGIN_MS;
    }
}
