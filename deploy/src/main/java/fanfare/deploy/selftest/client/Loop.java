package fanfare.deploy.selftest.client;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The one event loop of clients, load and books: none of them needs a lock. The main thread asks it, and waits. */
public final class Loop {
    private static final int LOOK_EVERY_MS = 50;

    private final Vertx vertx;
    private final Context context;
    private final long startNanos = System.nanoTime();

    public Loop(Vertx vertx) {
        this.vertx = vertx;
        this.context = ((VertxInternal) vertx).createEventLoopContext();
    }

    /** Since the start, on a clock that nobody sets. Any thread. */
    public long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /** Later, on the loop; called on the loop. */
    long after(long delayMs, Runnable task) {
        return vertx.setTimer(Math.max(1, delayMs), timer -> task.run());
    }

    void cancel(long timer) {
        vertx.cancelTimer(timer);
    }

    /** Runs on the loop and hands back the outcome; called on any other thread. */
    public <T> T ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        context.runOnContext(turn -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer.join();
    }

    /** Runs on the loop and waits for it; called on any other thread. */
    public void run(Runnable task) {
        ask(() -> {
            task.run();
            return true;
        });
    }

    /** Waits until something holds, which is looked at on the loop; false if it still does not in the end. */
    public boolean await(Duration max, BooleanSupplier condition) throws InterruptedException {
        long deadline = nowMs() + max.toMillis();
        while (!ask(condition::getAsBoolean)) {
            if (nowMs() > deadline) {
                return false;
            }
            Thread.sleep(LOOK_EVERY_MS);
        }
        return true;
    }
}
