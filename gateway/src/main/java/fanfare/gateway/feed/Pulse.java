package fanfare.gateway.feed;

import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Notices that this process stood still for so long that what it was sent meanwhile must not be handed on before the
 * site's commands are known. Confined to the node loop.
 */
public final class Pulse {
    private static final int PERIOD_MS = 1_000;
    private static final long LATE_NS = TimeUnit.SECONDS.toNanos(5) + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);

    private final LongSupplier nanoClock;
    private final List<Runnable> late = new ArrayList<>();
    private final List<Runnable> beats = new ArrayList<>();
    /** When the last beat was [ns]. */
    private long beatNs;

    public Pulse(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.beatNs = nanoClock.getAsLong();
    }

    /** Beats every second from now on. */
    public void start(Vertx vertx) {
        beatNs = nanoClock.getAsLong();
        vertx.setPeriodic(PERIOD_MS, timer -> beat());
    }

    /** Has something done when it turns out that the process stood still. */
    void onLate(Runnable action) {
        late.add(action);
    }

    /** Has something done every second. */
    public void onBeat(Runnable action) {
        beats.add(action);
    }

    /** To be asked of everything that arrives: it may come in before the late beat does. */
    void check() {
        if (nanoClock.getAsLong() - beatNs > LATE_NS) {
            beatNs = nanoClock.getAsLong();
            late.forEach(Runnable::run);
        }
    }

    private void beat() {
        check();
        beatNs = nanoClock.getAsLong();
        beats.forEach(Runnable::run);
    }
}
