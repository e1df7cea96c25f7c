package fanfare.broker;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Logs what Redis has against publications that another try will hardly cure: a key that is of another type, a user without
 * the permission. Callers are only told that Redis did not take theirs. Confined to the event loop of its broker.
 */
final class Objections {
    private static final System.Logger LOG = System.getLogger(Objections.class.getName());
    private static final long PERIOD_NS = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoTime;
    /** When the last line was logged [ns]. */
    private long loggedAtNs;

    private int unsaid;

    Objections(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.loggedAtNs = nanoTime.getAsLong() - PERIOD_NS;
    }

    /** Takes note of one; writes a line at most once a minute. */
    void met(String message) {
        long now = nanoTime.getAsLong();
        if (now - loggedAtNs < PERIOD_NS) {
            unsaid++;
            return;
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "Redis refuses a publication, which is tried for {0} ms: {1} ({2} more such answers before)",
                Integer.toString(Broker.TRY_MS_MAX),
                message,
                Integer.toString(unsaid));
        loggedAtNs = now;
        unsaid = 0;
    }
}
