package fanfare.gateway;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time of day when the process began, and what has passed since [ms]. It goes forward at its pace even where somebody
 * sets the machine's clock, so waits and ages are measured by it. Safe on any thread.
 */
final class SteadyClock implements LongSupplier {
    private final long startMs;
    private final LongSupplier nanoClock;
    private final long startNs;

    /** {@code nanoClock} is {@link System#nanoTime}, or one like it. */
    SteadyClock(long startMs, LongSupplier nanoClock) {
        this.startMs = startMs;
        this.nanoClock = nanoClock;
        this.startNs = nanoClock.getAsLong();
    }

    @Override
    public long getAsLong() {
        // A difference, since nanoTime may be negative and may wrap around.
        return startMs + TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong() - startNs);
    }
}
