package fanfare.process;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How late an event loop does what is due: all that it serves waits so long. Confined to that loop. */
public final class LoopLag {
    private static final int PERIOD_MS = 1_000;

    private final Vertx vertx;
    private final Timer lag;

    private LoopLag(Vertx vertx, Timer lag) {
        this.vertx = vertx;
        this.lag = lag;
    }

    /** Looks once a second, from now on; {@code loop} says what the current event loop does. */
    public static void watch(Vertx vertx, String loop, MeterRegistry metrics) {
        Timer lag = Timer.builder("fanfare_event_loop_lag_seconds")
                .description("How late an event loop did what was due, looked at once a second")
                .tag("loop", loop)
                .serviceLevelObjectives(
                        Duration.ofMillis(2),
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(250),
                        Duration.ofMillis(1_000),
                        Duration.ofSeconds(5))
                .register(metrics);
        new LoopLag(vertx, lag).look();
    }

    private void look() {
        long dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
        vertx.setTimer(PERIOD_MS, timer -> {
            lag.record(Math.max(0, System.nanoTime() - dueNs), TimeUnit.NANOSECONDS);
            look();
        });
    }
}
