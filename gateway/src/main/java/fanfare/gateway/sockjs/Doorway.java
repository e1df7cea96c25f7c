package fanfare.gateway.sockjs;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Lets newcomers in by a few at a time, the others in order after them, those first who come back. When all browsers come
 * back at once, what is live then waits behind so many at most, on this event loop and on the node loop. However many go on
 * coming back, every fourth place is that of whoever has waited longest. Confined to its event loop.
 */
public final class Doorway {
    /** Some milliseconds of work for the node loop, and more than can pass in one round trip to it. */
    private static final int PASSING_MAX = 64;
    /** One place of so many goes by the time of waiting alone; a fresh page's browser gives up after some seconds. */
    private static final int BY_AGE_OF = 4;

    /** How many wait on all event loops. */
    public static final class Queued {
        private final AtomicInteger count = new AtomicInteger();

        public Queued(MeterRegistry metrics) {
            Gauge.builder("fanfare_newcomers_waiting", count, AtomicInteger::get)
                    .description("Newcomers who wait for others to be let in")
                    .register(metrics);
        }

        int get() {
            return count.get();
        }
    }

    /** Somebody who waits, and how many had come to wait before. */
    private record Waiting(long number, Runnable turn) {}

    private final Executor loop;
    private final Supplier<Future<Void>> caughtUp;
    private final Queued queued;
    /** Those who come back to go on where they were: their pages are open, and what they missed is older by the second. */
    private final Queue<Waiting> waitingFirst = new ArrayDeque<>();

    private final Queue<Waiting> waiting = new ArrayDeque<>();
    /** Those who came to wait so far, and those who were called in. */
    private long came;

    private long called;
    private int passing;
    /** Those who have passed, whose work the node loop may not have done. */
    private int passed;

    private boolean catchingUp;

    /**
     * Makes the doorway of an event loop.
     *
     * @param loop runs a task there, behind what is live
     * @param caughtUp completes there when the node loop has done what it was handed before
     */
    public Doorway(Executor loop, Supplier<Future<Void>> caughtUp, Queued queued) {
        this.loop = loop;
        this.caughtUp = caughtUp;
        this.queued = queued;
    }

    /**
     * Has the entry begun when it is its turn.
     *
     * @param first before those who are not, save for every fourth place
     */
    <T> Future<T> pass(boolean first, Supplier<Future<T>> entry) {
        Promise<T> promise = Promise.promise();
        Runnable turn = () -> entry.get().onComplete(result -> {
            promise.handle(result);
            passed();
        });
        if (passing < PASSING_MAX) {
            passing++;
            turn.run();
        } else {
            (first ? waitingFirst : waiting).add(new Waiting(came++, turn));
            queued.count.incrementAndGet();
        }
        return promise.future();
    }

    private void passed() {
        passed++;
        if (!catchingUp) {
            catchingUp = true;
            int through = passed;
            passed = 0;
            caughtUp.get().onComplete(done -> through(through));
        }
    }

    private void through(int count) {
        catchingUp = false;
        passing -= count;
        while (passing < PASSING_MAX && !(waitingFirst.isEmpty() && waiting.isEmpty())) {
            passing++;
            queued.count.decrementAndGet();
            loop.execute(next().turn());
        }
        if (passed > 0) {
            passed--;
            passed();
        }
    }

    private Waiting next() {
        Waiting first = waitingFirst.peek();
        Waiting other = waiting.peek();
        boolean byAge = ++called % BY_AGE_OF == 0;
        boolean takesFirst = first != null && (other == null || !byAge || first.number() < other.number());
        return (takesFirst ? waitingFirst : waiting).remove();
    }
}
