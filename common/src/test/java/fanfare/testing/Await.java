package fanfare.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what nothing announces. */
public final class Await {
    /** Generous, since it only ever passes in full when a test fails. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    private static final Duration PERIOD = Duration.ofMillis(10);

    private Await() {}

    /** Returns once the condition holds; {@code what} names it in the failure. */
    public static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + WAIT_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            LockSupport.parkNanos(PERIOD.toNanos());
        }
    }
}
