package fanfare.testing;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what others do, on threads that may wait. */
public final class Await {
    /** Generous, since it only ever passes in full when a test fails. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);

    private static final Duration PERIOD = Duration.ofMillis(10);

    private Await() {}

    /**
     * Does the work anew until it was done within {@code time}, which is how long that lasts which it has to meet: on a
     * machine that was away for longer there was nothing to meet. The outcome is for the caller to judge.
     */
    public static <T> T within(Duration time, Supplier<T> work) {
        long deadline = System.nanoTime() + WAIT_MAX.toNanos();
        while (true) {
            long begun = System.nanoTime();
            T outcome = work.get();
            if (System.nanoTime() - begun < time.toNanos()) {
                return outcome;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("this machine never does it within " + time);
            }
        }
    }

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

    /** Makes a call on an event loop and returns what it comes to; fails as it does. */
    public static <T> T on(Context loop, Supplier<Future<T>> call) {
        return result(
                Future.future(promise -> loop.runOnContext(go -> call.get().onComplete(promise))));
    }

    /** What a future comes to; fails as it does. */
    public static <T> T result(Future<T> future) {
        try {
            return future.await(WAIT_MAX.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("waited in vain for an answer", e);
        }
    }
}
