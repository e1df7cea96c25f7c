package fanfare.deploy.bench;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The one event loop of clients and broker: none of them needs a lock. The main thread asks it, and waits. */
final class Loop {
    private static final Duration INSTANT = Duration.ofSeconds(30);

    private final Context context;

    Loop(Vertx vertx) {
        this.context = ((VertxInternal) vertx).createEventLoopContext();
    }

    /** Runs on the loop what needs no waiting. */
    <T> T make(Supplier<T> work) throws IOException, InterruptedException {
        return await("an event loop", INSTANT, () -> Future.succeededFuture(work.get()));
    }

    /**
     * Starts something on the loop and waits for its end.
     *
     * @throws IOException naming what failed or took too long
     */
    <T> T await(String what, Duration max, Supplier<Future<T>> work) throws IOException, InterruptedException {
        Promise<T> outcome = Promise.promise();
        context.runOnContext(turn -> {
            try {
                work.get().onComplete(outcome);
            } catch (RuntimeException e) {
                outcome.fail(e);
            }
        });
        try {
            return outcome.future()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(max.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(what + ": " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException(what + " took more than " + max.toSeconds() + " s", e);
        }
    }
}
