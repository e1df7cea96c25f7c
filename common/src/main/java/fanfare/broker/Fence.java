package fanfare.broker;

/**
 * What a slot knows of itself: which generation of positions it gives out, and since when it has been there.
 *
 * @param generation 0 before the first publication
 * @param bornMs when it was found missing, on Redis' clock [ms]; another one tells that what was kept before is lost
 * @param nowMs when this was read, on the same clock [ms]
 */
public record Fence(long generation, long bornMs, long nowMs) {
    private static final int MARK_BITS = 24;

    /** A short hash of {@link #bornMs}, for a token; never 0. */
    public int mark() {
        return (int) (bornMs % ((1 << MARK_BITS) - 1)) + 1;
    }
}
