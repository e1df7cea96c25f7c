package fanfare.publisher.rate;

import fanfare.http.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Lets so many reads of a costly kind ask Redis at a time; others wait in their order, and beyond {@value #WAITING_MAX} are
 * refused. So what they bring has room in memory, and publications find their place between them, whatever a key's rate
 * permits. Confined to one event loop.
 */
public final class Bulkhead {
    private static final int WAITING_MAX = 200;

    private final int atOnce;
    private final Counter refused;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int underWay;

    /** @param kind of reads, for the metric */
    public Bulkhead(String kind, int atOnce, MeterRegistry metrics) {
        this.atOnce = atOnce;
        this.refused = Counter.builder("fanfare_reads_refused_total")
                .description("Costly reads refused because too many of their kind waited for Redis")
                .tag("kind", kind)
                .register(metrics);
    }

    /**
     * Has something read in its turn.
     *
     * @return fails as the read does, or with {@link Problem#UNAVAILABLE} if too many wait
     */
    public <T> Future<T> pass(Supplier<Future<T>> read) {
        if (underWay < atOnce) {
            return begin(read);
        }
        if (waiting.size() >= WAITING_MAX) {
            refused.increment();
            return Future.failedFuture(
                    Problem.UNAVAILABLE.because("too many such reads wait for Redis; send it again a little later"));
        }
        Promise<T> promise = Promise.promise();
        waiting.add(() -> begin(read).onComplete(promise));
        return promise.future();
    }

    private <T> Future<T> begin(Supplier<Future<T>> read) {
        underWay++;
        return Future.succeededFuture().compose(turn -> read.get()).onComplete(done -> {
            underWay--;
            Runnable next = waiting.poll();
            if (next != null) {
                next.run();
            }
        });
    }
}
