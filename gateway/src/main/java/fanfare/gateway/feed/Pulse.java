package fanfare.gateway.feed;

import fanfare.process.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Notices that this process stood still for so long that what it was sent meanwhile must not be handed on before the
 * site's commands are known. Confined to the node loop.
 */
public final class Pulse {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final long LATE_NS = PERIOD.plusSeconds(5).toNanos();

    private final LongSupplier nanoClock;
    private final List<Runnable> late = new ArrayList<>();
    /** When the last beat was [ns]. */
    private long beatNs;

    /** Beats every second from now on, before whatever else the ticker is given after it. */
    public Pulse(Ticker ticker, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.beatNs = nanoClock.getAsLong();
        ticker.every(PERIOD, this::beat);
    }

    /**
     * Has something done when it turns out that the process stood still.
     *
     * @return has it done no more
     */
    Runnable onLate(Runnable action) {
        late.add(action);
        return () -> late.remove(action);
    }

    /** To be asked of everything that arrives: it may come in before the late beat does. */
    void check() {
        if (nanoClock.getAsLong() - beatNs > LATE_NS) {
            beatNs = nanoClock.getAsLong();
            List.copyOf(late).forEach(Runnable::run);
        }
    }

    private void beat() {
        check();
        beatNs = nanoClock.getAsLong();
    }
}
