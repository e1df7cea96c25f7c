package fanfare.publisher.rate;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.auth.Rate;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What one event loop has of a key's tokens, and the requests that wait for more. Confined to that loop.
 *
 * <p>The bucket is asked for what the first request lacks, and for as many tokens ahead as were used since the last
 * question: a busy key pays one question for many requests, and a key that falls silent leaves no more unused than it
 * used. What the bucket has left is known from each answer, so that a refusal asks nobody until it can have changed;
 * after {@link #KEEP_MS} without a question all of it is forgotten.
 */
final class Allowance {
    /** The bucket in Redis. */
    interface Source {
        Future<TokenBucket.Taken> take(Rate rate, long needed, long wanted);
    }

    /** Who counts what becomes of requests. */
    interface Outcomes {
        void refused();

        /** Passed, though the bucket could not be asked. */
        void unchecked();
    }

    /** Tokens that lie about for longer are lost [ms]. */
    static final int KEEP_MS = 1_000;
    /** A question that is not answered by then keeps nobody waiting; a pause of our own shall not lift a limit [ms]. */
    static final int LATE_MS = 200;

    /** At most this part of a second's tokens is taken ahead. */
    private static final int AHEAD_PART = 20;

    private static final Future<Void> PASSED = Future.succeededFuture();

    /** At most one question to the bucket is under way. Requests wait only while it is {@code ASKED}. */
    private enum Question {
        NONE,
        ASKED,
        LATE
    }

    private record Waiting(int cost, Promise<Void> promise) {}

    private final String keyId;
    private final Source source;
    private final Outcomes outcomes;
    private final LongSupplier clockNs;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private Question question = Question.NONE;
    /** As of the last request. */
    private Rate rate;
    /** Tokens taken and not used. */
    private long onHand;
    /** Tokens used since the last question. */
    private long used;
    /** When the last question was put [ns]. */
    private long askedNs;
    /** What the bucket had left, and since [ns]; it can have got no more than the rate gives. */
    private long left;

    private long leftNs;

    Allowance(String keyId, Rate rate, Source source, Outcomes outcomes, LongSupplier clockNs) {
        this.keyId = keyId;
        this.rate = rate;
        this.source = source;
        this.outcomes = outcomes;
        this.clockNs = clockNs;
        this.left = rate.burst();
        this.leftNs = clockNs.getAsLong();
        this.askedNs = leftNs;
    }

    /**
     * Takes what a request costs.
     *
     * @return fails with {@link Problem#TOO_MANY_REQUESTS} if it is not there
     */
    Future<Void> take(Rate current, int cost) {
        if (!current.equals(rate)) {
            rate = current;
            left = current.burst();
        }
        if (question == Question.LATE) {
            outcomes.unchecked();
            return PASSED;
        }
        if (!waiting.isEmpty()) {
            return await(cost);
        }
        long nowNs = clockNs.getAsLong();
        if (isStale(nowNs)) {
            onHand = 0;
        }
        if (cost <= onHand) {
            use(cost);
            return PASSED;
        }
        if (isRefused(cost, nowNs)) {
            return Future.failedFuture(refusal(cost, nowNs));
        }
        Future<Void> passed = await(cost);
        ask(nowNs);
        return passed;
    }

    /** Lets those pass who waited for too long; says whether there is nothing left to remember. */
    boolean tick() {
        long nowNs = clockNs.getAsLong();
        if (question == Question.ASKED && nowNs - askedNs > TimeUnit.MILLISECONDS.toNanos(LATE_MS)) {
            question = Question.LATE;
            release();
        }
        return question == Question.NONE && isStale(nowNs);
    }

    private Future<Void> await(int cost) {
        Promise<Void> promise = Promise.promise();
        waiting.add(new Waiting(cost, promise));
        return promise.future();
    }

    private void ask(long nowNs) {
        long needed = waiting.element().cost() - onHand;
        long all = waiting.stream().mapToLong(Waiting::cost).sum() - onHand;
        long ahead = isStale(nowNs) ? 0 : Math.min(used, rate.perSecond() / AHEAD_PART);
        question = Question.ASKED;
        askedNs = nowNs;
        used = 0;
        source.take(rate, needed, all + ahead).onComplete(this::answered);
    }

    private void answered(AsyncResult<TokenBucket.Taken> result) {
        boolean late = question == Question.LATE;
        question = Question.NONE;
        if (result.failed()) {
            release();
            return;
        }
        TokenBucket.Taken taken = result.result();
        left = taken.left();
        leftNs = clockNs.getAsLong();
        if (!late) {
            // Those of a late answer were for requests that did not wait.
            onHand += taken.tokens();
            settle(leftNs);
        }
    }

    private void settle(long nowNs) {
        while (question == Question.NONE && !waiting.isEmpty()) {
            int cost = waiting.element().cost();
            if (cost <= onHand) {
                use(cost);
                waiting.remove().promise().complete();
            } else if (isRefused(cost, nowNs)) {
                waiting.remove().promise().fail(refusal(cost, nowNs));
            } else {
                ask(nowNs);
            }
        }
    }

    private void release() {
        while (!waiting.isEmpty()) {
            outcomes.unchecked();
            waiting.remove().promise().complete();
        }
    }

    private void use(int cost) {
        onHand -= cost;
        used += cost;
    }

    private boolean isStale(long nowNs) {
        return nowNs - askedNs > TimeUnit.MILLISECONDS.toNanos(KEEP_MS);
    }

    /** Whether the bucket cannot give what a request lacks. */
    private boolean isRefused(int cost, long nowNs) {
        return missing(cost, nowNs) > 0;
    }

    /** Tokens that the bucket has to get before a request passes. */
    private double missing(int cost, long nowNs) {
        double got = (nowNs - leftNs) / 1e9 * rate.perSecond();
        return Math.min(cost - onHand, rate.burst()) - Math.min(Math.floor(left + got), rate.burst());
    }

    private ProblemException refusal(int cost, long nowNs) {
        outcomes.refused();
        int seconds = (int) Math.ceil(missing(cost, nowNs) / rate.perSecond());
        return Problem.TOO_MANY_REQUESTS
                .because("the key %s may take %d tokens a second, and %d at once; this request takes %d"
                        .formatted(keyId, rate.perSecond(), rate.burst(), cost))
                .retryAfter(seconds);
    }
}
