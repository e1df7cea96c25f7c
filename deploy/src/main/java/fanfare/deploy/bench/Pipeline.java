package fanfare.deploy.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.IntFunction;

/** Keeps a number of calls under way until all of them are done. Confined to one event loop. */
public final class Pipeline {
    private final int calls;
    private final IntFunction<Future<?>> call;
    private final Promise<Void> end = Promise.promise();
    private int started;
    private int done;

    private Pipeline(int calls, IntFunction<Future<?>> call) {
        this.calls = calls;
        this.call = call;
    }

    /** Makes the calls numbered from 0, so many at once; fails with the first that does. */
    public static Future<Void> run(int calls, int atOnce, IntFunction<Future<?>> call) {
        Pipeline pipeline = new Pipeline(calls, call);
        for (int i = 0; i < Math.min(calls, atOnce); i++) {
            pipeline.next();
        }
        return calls == 0 ? Future.succeededFuture() : pipeline.end.future();
    }

    private void next() {
        call.apply(started++)
                .onSuccess(result -> {
                    done++;
                    if (done == calls) {
                        end.tryComplete();
                    } else if (started < calls && !end.future().isComplete()) {
                        next();
                    }
                })
                .onFailure(end::tryFail);
    }
}
