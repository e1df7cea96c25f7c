package fanfare.gateway.auth;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts questions to the site: so many at a time, the others in order, and again where that is worth it. A question that
 * waits for its next try holds no place among those in flight. Confined to the node loop.
 */
final class SiteChecks {
    private static final int BACKOFF_MS_FIRST = 250;
    /** Of so many free places one goes to a re-check even while logins wait, so that a storm of logins starves none. */
    private static final int TURNS_PER_RECHECK = 4;

    /** @param mark when the request started whose answer this is, in the order kept by {@link Revocations} */
    record Reply(Answer answer, long mark) {}

    private final class Question extends Schedule.Task {
        final Credentials credentials;
        final boolean recheck;
        final long askedAtMs;
        final Promise<Reply> reply = Promise.promise();
        int tries;
        /** When the first try began; 0 before. */
        long begunAtMs;

        Question(Credentials credentials, boolean recheck, long askedAtMs) {
            this.credentials = credentials;
            this.recheck = recheck;
            this.askedAtMs = askedAtMs;
        }

        /** Goes before those who have not been asked about yet, since its time is limited. */
        @Override
        void run() {
            logins.addFirst(this);
            fill();
        }
    }

    private final SiteClient site;
    private final AuthLimits limits;
    private final Schedule schedule;
    private final LongSupplier marks;
    private final LongSupplier clockMs;
    private final DoubleSupplier random;
    private final SiteLog log;

    private final Deque<Question> logins = new ArrayDeque<>();
    /** One for each login that is kept at most, so it needs no bound of its own. */
    private final Deque<Question> rechecks = new ArrayDeque<>();
    /** Read by metrics from other threads, like the next. */
    private final AtomicInteger inFlight = new AtomicInteger();

    private final AtomicInteger queued = new AtomicInteger();
    private int turns;
    private boolean closed;

    SiteChecks(
            SiteClient site,
            AuthLimits limits,
            Schedule schedule,
            LongSupplier marks,
            LongSupplier clockMs,
            DoubleSupplier random,
            SiteLog log,
            MeterRegistry metrics) {
        this.site = site;
        this.limits = limits;
        this.schedule = schedule;
        this.marks = marks;
        this.clockMs = clockMs;
        this.random = random;
        this.log = log;
        Gauge.builder("fanfare_auth_in_flight", inFlight, AtomicInteger::get)
                .description("Requests that the site has not answered yet")
                .register(metrics);
        Gauge.builder("fanfare_auth_queued", queued, AtomicInteger::get)
                .description("Questions to the site that wait for a place among those in flight")
                .register(metrics);
    }

    /** Asks who a newcomer is, with all the tries there are. Never fails. */
    Future<Reply> login(Credentials credentials) {
        if (closed || logins.size() >= limits.queueMax()) {
            return Future.succeededFuture(new Reply(new Answer.Overloaded(), marks.getAsLong()));
        }
        return ask(new Question(credentials, false, clockMs.getAsLong()), logins);
    }

    /** Asks again who a login is, once: whoever is in already can wait for a better moment. Never fails. */
    Future<Reply> recheck(Credentials credentials) {
        return ask(new Question(credentials, true, clockMs.getAsLong()), rechecks);
    }

    /** Nothing is asked any more. */
    Future<Void> close() {
        closed = true;
        return site.close();
    }

    private Future<Reply> ask(Question question, Deque<Question> queue) {
        queue.addLast(question);
        fill();
        return question.reply.future();
    }

    private void fill() {
        while (!closed && inFlight.get() < limits.inFlightMax()) {
            Question question = next();
            if (question == null) {
                break;
            }
            if (!question.recheck
                    && question.tries == 0
                    && waited(question) >= limits.queueWaitMax().toMillis()) {
                log.unavailable("too slow, logins have to wait for more than " + limits.queueWaitMax());
                question.reply.complete(new Reply(new Answer.Unavailable("too slow", 0), marks.getAsLong()));
            } else {
                put(question);
            }
        }
        queued.set(logins.size() + rechecks.size());
    }

    private @Nullable Question next() {
        boolean recheckFirst = ++turns % TURNS_PER_RECHECK == 0;
        Question question = (recheckFirst ? rechecks : logins).pollFirst();
        return question != null ? question : (recheckFirst ? logins : rechecks).pollFirst();
    }

    private long waited(Question question) {
        return clockMs.getAsLong() - question.askedAtMs;
    }

    private void put(Question question) {
        if (question.tries++ == 0) {
            question.begunAtMs = clockMs.getAsLong();
        }
        inFlight.incrementAndGet();
        long mark = marks.getAsLong();
        site.ask(question.credentials, question.recheck).onSuccess(answer -> {
            inFlight.decrementAndGet();
            answered(question, answer, mark);
            fill();
        });
    }

    private void answered(Question question, Answer answer, long mark) {
        if (answer instanceof Answer.Unavailable unavailable) {
            log.unavailable(unavailable.why());
            long now = clockMs.getAsLong();
            long delayMs = Math.max(backoffMs(question.tries), unavailable.retryAfterMs());
            boolean timely =
                    now + delayMs - question.begunAtMs < limits.triesWindow().toMillis();
            if (!question.recheck && question.tries < limits.triesMax() && timely) {
                schedule.at(now + delayMs, question);
                return;
            }
        }
        question.reply.complete(new Reply(answer, mark));
    }

    /** Half of it is fixed, or a try could follow at once; half is jitter, or all that failed together came together. */
    private long backoffMs(int tries) {
        double full = BACKOFF_MS_FIRST * Math.pow(2, tries);
        return (long) (full / 2 + full / 2 * random.getAsDouble());
    }
}
