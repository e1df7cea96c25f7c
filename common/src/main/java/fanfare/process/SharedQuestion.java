package fanfare.process;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A question that is asked once for all who want it answered in one tick. Confined to one event loop. */
public final class SharedQuestion<T> {
    private final Context loop;
    private final Supplier<Future<T>> question;
    /** What this tick's askers wait for. */
    private @Nullable Promise<T> answer;

    /** {@code loop} is the context of whoever asks. */
    public SharedQuestion(Context loop, Supplier<Future<T>> question) {
        this.loop = loop;
        this.question = question;
    }

    /** The answer to the question as it is asked after this call. */
    public Future<T> ask() {
        Promise<T> awaited = answer;
        if (awaited == null) {
            awaited = Promise.promise();
            answer = awaited;
            Promise<T> asked = awaited;
            loop.runOnContext(tick -> {
                answer = null;
                question.get().onComplete(asked);
            });
        }
        return awaited.future();
    }
}
