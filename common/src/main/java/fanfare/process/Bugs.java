package fanfare.process;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/**
 * What ought not to happen: whoever meets it tells it here, where each is counted and goes into the log with its stack trace.
 * What is to be expected of networks, Redis, callers and browsers is no bug. Safe on any thread; all of one registry count
 * together.
 */
public final class Bugs {
    private static final System.Logger LOG = System.getLogger(Bugs.class.getName());

    private final Counter met;

    public Bugs(MeterRegistry metrics) {
        this.met = Counter.builder("fanfare_internal_errors_total")
                .description("Bugs; each has a stack trace in the log")
                .register(metrics);
    }

    /** Takes also what nobody catches on the event loops of a Vert.x, which would only log it. */
    public void watch(Vertx vertx) {
        vertx.exceptionHandler(bug -> met("on an event loop", bug));
    }

    /** Counts one, and logs it with {@code where} it was met; null if nothing was thrown. */
    public void met(String where, @Nullable Throwable bug) {
        met.increment();
        LOG.log(System.Logger.Level.ERROR, where, bug);
    }
}
