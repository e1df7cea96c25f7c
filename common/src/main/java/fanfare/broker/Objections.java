package fanfare.broker;

import fanfare.process.RareLine;
import java.time.Duration;

/**
 * Logs what Redis has against publications that another try will hardly cure: a key that is of another type, a user without
 * the permission. Callers are only told that Redis did not take theirs. Confined to the event loop of its broker.
 */
final class Objections {
    private static final System.Logger LOG = System.getLogger(Objections.class.getName());

    private final RareLine line = new RareLine(Duration.ofMinutes(1), System::nanoTime);

    /** Takes note of one; writes a line at most once a minute. */
    void met(String message) {
        line.write(unsaid -> LOG.log(
                System.Logger.Level.WARNING,
                "Redis refuses a publication, which is tried for {0} ms: {1} ({2} more such answers before)",
                Integer.toString(Broker.TRY_MS_MAX),
                message,
                Integer.toString(unsaid)));
    }
}
