package fanfare.gateway.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A line in the log for each connection that ends, but so many a second at most: when all go at once, a part of the lines
 * says what there is to say, and the metric how many all were. Safe on any thread.
 */
public final class ConnectionLog {
    private static final System.Logger LOG = System.getLogger(ConnectionLog.class.getName());

    private final int perSecondMax;
    private final LongSupplier nanoClock;
    private final Counter dropped;
    /** The second that {@link #lines} are counted for. */
    private final AtomicLong second = new AtomicLong();

    private final AtomicInteger lines = new AtomicInteger();

    /** @param perSecondMax lines; 0 for none at all */
    public ConnectionLog(int perSecondMax, LongSupplier nanoClock, MeterRegistry metrics) {
        this.perSecondMax = perSecondMax;
        this.nanoClock = nanoClock;
        this.dropped = Counter.builder("fanfare_log_dropped_total")
                .description(
                        "Log entries left out: too many waited to be written, or too many connections ended at once")
                .tag("reason", "rate")
                .register(metrics);
    }

    void ended(ConnectionEnd end) {
        if (perSecondMax == 0) {
            return;
        }
        long now = TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong());
        long counted = second.get();
        if (counted != now && second.compareAndSet(counted, now)) {
            lines.set(0);
        }
        if (lines.incrementAndGet() <= perSecondMax) {
            LOG.log(System.Logger.Level.INFO, "{0}", end);
        } else {
            dropped.increment();
        }
    }
}
