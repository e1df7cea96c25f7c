package fanfare.gateway.sockjs;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How many sessions a gateway has at a time, and how many it begins in a second: the generic cell rate algorithm, one number
 * for a bucket of tokens. Who is refused is told when to come back, everybody another moment, as far apart as sessions may
 * begin; so a crowd comes back as a queue and not as the same crowd. Safe on any thread.
 */
public final class Turnstile {
    /** Seconds' worth of sessions that may begin at once: at the default rate a whole gateway's that come back. */
    private static final int BURST_S = 5;
    /** Whoever comes back to go on where it was may use all of that, others four fifths of it. */
    private static final int KEPT_OF_BURST = 5;
    /** Nobody is told to stay away for longer: the moments are given out anew then. */
    private static final long WAIT_NS_MAX = TimeUnit.SECONDS.toNanos(30);
    /** Of a gateway that is full: it may be so for long, and others have room [s]. */
    private static final int FULL_RETRY_S = 5;

    private static final long BURST_NS = TimeUnit.SECONDS.toNanos(BURST_S);

    private final int sessionsMax;
    /** Between two sessions at a steady pace; 0 for no limit. */
    private final long intervalNs;

    private final Counter tooMany;
    private final Counter tooFast;
    /** Sessions that are open, and newcomers on their way to become some; guarded by this. */
    private int sessions;
    /** When the bucket is full again, and the last moment that somebody was told; guarded by this. */
    private long fullAtNs;

    private long toldNs;

    /**
     * Makes the turnstile of a gateway.
     *
     * @param perSecondMax sessions that begin; 0 for no limit
     * @param nowNs on {@link System#nanoTime}'s clock, here and below
     */
    public Turnstile(int sessionsMax, int perSecondMax, long nowNs, MeterRegistry metrics) {
        this.sessionsMax = sessionsMax;
        this.intervalNs = perSecondMax == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecondMax;
        this.fullAtNs = nowNs;
        this.toldNs = nowNs;
        this.tooMany = refusals(metrics, "sessions");
        this.tooFast = refusals(metrics, "rate");
    }

    private static Counter refusals(MeterRegistry metrics, String limit) {
        return Counter.builder("fanfare_newcomers_refused_total")
                .description("Newcomers who were refused since this gateway had reached a limit")
                .tag("limit", limit)
                .register(metrics);
    }

    /**
     * Lets one more session begin, or says why not. Whoever passes has a place until {@link #left}.
     *
     * @param resumes whether a browser comes back to go on where it was
     */
    synchronized @Nullable ProblemException pass(boolean resumes, long nowNs) {
        if (sessions >= sessionsMax) {
            tooMany.increment();
            return full();
        }
        if (isTooFast(resumes, nowNs)) {
            tooFast.increment();
            return later(nowNs);
        }
        sessions++;
        fullAtNs = fromNs(nowNs) + intervalNs;
        return null;
    }

    /** A session is over, or a newcomer that passed did not get as far as one. */
    synchronized void left() {
        sessions--;
    }

    /** Says what {@link #pass} would, to whoever asks beforehand. */
    synchronized @Nullable ProblemException look(boolean resumes, long nowNs) {
        if (sessions >= sessionsMax) {
            return full();
        }
        return isTooFast(resumes, nowNs) ? later(nowNs) : null;
    }

    private boolean isTooFast(boolean resumes, long nowNs) {
        long burstNs = resumes ? BURST_NS : BURST_NS - BURST_NS / KEPT_OF_BURST;
        return intervalNs > 0 && fromNs(nowNs) + intervalNs - nowNs > burstNs;
    }

    private long fromNs(long nowNs) {
        // Differences alone are compared, since nanoTime may be negative and may wrap around.
        return fullAtNs - nowNs < 0 ? nowNs : fullAtNs;
    }

    private static ProblemException full() {
        return Problem.UNAVAILABLE.because("this gateway is full").retryAfter(FULL_RETRY_S);
    }

    private ProblemException later(long nowNs) {
        return Problem.UNAVAILABLE
                .because("more begin here in a second than may")
                .retryAfter(1 + (int) TimeUnit.NANOSECONDS.toSeconds(nextMomentNs(nowNs) - nowNs));
    }

    private long nextMomentNs(long nowNs) {
        boolean over = toldNs - nowNs < 0 || toldNs - nowNs > WAIT_NS_MAX;
        toldNs = (over ? nowNs : toldNs) + intervalNs;
        return toldNs;
    }
}
