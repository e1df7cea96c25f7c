package fanfare.process;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How late an event loop does what is due: all that it serves waits so long. Confined to that loop. */
public final class LoopLag {
    /** How often it looks. */
    public static final Duration PERIOD = Duration.ofSeconds(1);

    private final Timer lag;
    private long dueNs = System.nanoTime() + PERIOD.toNanos();

    private LoopLag(Timer lag) {
        this.lag = lag;
    }

    /** Looks once a second, from now on; {@code loop} says what the event loop does whose ticker this is. */
    public static void watch(Ticker ticker, String loop, MeterRegistry metrics) {
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
        ticker.every(PERIOD, new LoopLag(lag)::look);
    }

    private void look() {
        long nowNs = System.nanoTime();
        lag.record(Math.max(0, nowNs - dueNs), TimeUnit.NANOSECONDS);
        dueNs = nowNs + PERIOD.toNanos();
    }
}
