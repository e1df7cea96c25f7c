package fanfare.gateway.drain;

import java.time.Duration;

/**
 * At which moments a gateway that stops sends its browsers away, counted from the begin of the drain [ms]. Each is told to
 * come back elsewhere, and has a while to be welcome there before its connection here is closed.
 *
 * @param window within which all of that happens
 */
public record Slope(Duration window) {
    /** Enough to dial, be asked about at the site and catch up, and what the second try after a refusal takes [ms]. */
    private static final long GRACE_MS_MAX = 5_000;

    /** For how long after it was told a browser is waited for; half of a window that is too short for more [ms]. */
    public long graceMs() {
        return Math.min(GRACE_MS_MAX, window.toMillis() / 2);
    }

    /** How long a browser that was told may itself put its way off; most of the grace is left for the way [ms]. */
    public long delayMs() {
        return graceMs() / 4;
    }

    /**
     * When one of {@code count} browsers is told: each has its own part of the time, and a random moment in it, so that in no
     * second there are many more than their share.
     *
     * @param place from 0
     * @param random from 0 to 1
     */
    public long toldMs(int place, int count, double random) {
        return (long) (spanMs() * (place + random) / count);
    }

    /** How long it takes till one is told that was found only {@code elapsedMs} after the begin. */
    public long waitMs(long elapsedMs, double random) {
        return (long) (Math.max(0, spanMs() - elapsedMs) * random);
    }

    /** All have been told by then [ms]. */
    private long spanMs() {
        return window.toMillis() - graceMs();
    }
}
