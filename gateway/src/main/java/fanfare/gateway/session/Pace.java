package fanfare.gateway.session;

/**
 * When a browser's newest messages came, as many as it may send in a second: one that comes while the oldest of these is
 * younger than that is one too many. Kept only while they come less than a second apart.
 */
final class Pace {
    static final int SECOND_MS = 1_000;

    private final long[] cameMs;
    /** How many came so far; the next takes the place of the oldest. */
    private int count;

    Pace(int perSecondMax) {
        cameMs = new long[perSecondMax];
    }

    /** One more has come; whether it is within what a second may bring. */
    boolean allows(long nowMs) {
        int place = count % cameMs.length;
        boolean allowed = count < cameMs.length || nowMs - cameMs[place] >= SECOND_MS;
        cameMs[place] = nowMs;
        count++;
        return allowed;
    }
}
