package fanfare.process;

import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * A timer that is set once at a time: who wants something done soon need not know whether it is about to be. Confined to one
 * event loop.
 */
public final class Alarm {
    private final Vertx vertx;
    private final long delayMs;
    private final Runnable work;
    private boolean isSet;

    /** @param work may set the alarm again */
    public Alarm(Vertx vertx, Duration delay, Runnable work) {
        this.vertx = vertx;
        this.delayMs = delay.toMillis();
        this.work = work;
    }

    /** Has the work done once the delay has passed since the first such call. */
    public void set() {
        if (!isSet) {
            isSet = true;
            vertx.setTimer(delayMs, timer -> {
                isSet = false;
                work.run();
            });
        }
    }
}
