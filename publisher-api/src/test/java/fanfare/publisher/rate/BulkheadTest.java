package fanfare.publisher.rate;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BulkheadTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final Bulkhead bulkhead = new Bulkhead("history", 2, metrics);
    private final List<Promise<String>> begun = new ArrayList<>();

    @Test
    void whatIsTooMuchAtOnceWaitsForItsTurn() {
        List<Future<String>> reads = List.of(read(), read(), read(), read());
        assertThat(begun).hasSize(2);
        begun.get(1).complete("b");
        assertThat(begun).hasSize(3);
        begun.get(0).fail("a");
        assertThat(begun).hasSize(4);
        begun.get(2).complete("c");
        begun.get(3).complete("d");
        assertThat(reads.get(0).failed()).isTrue();
        assertThat(reads.subList(1, 4)).extracting(Future::result).containsExactly("b", "c", "d");
    }

    @Test
    void whoComesWhenTooManyWaitIsRefusedAndCounted() {
        for (int i = 0; i < 202; i++) {
            read();
        }
        Future<String> one = read();
        assertThat(one.cause()).isInstanceOfSatisfying(ProblemException.class, refusal -> assertThat(refusal.problem())
                .isEqualTo(Problem.UNAVAILABLE));
        assertThat(metrics.get("fanfare_reads_refused_total")
                        .tag("kind", "history")
                        .counter()
                        .count())
                .isEqualTo(1);
        begun.get(0).complete("");
        assertThat(read().isComplete()).as("it waits").isFalse();
    }

    @Test
    void aReadThatThrowsGivesItsPlaceAway() {
        for (int i = 0; i < 3; i++) {
            Future<String> thrown = bulkhead.pass(() -> {
                throw new IllegalStateException("a bug");
            });
            assertThat(thrown.cause()).hasMessage("a bug");
        }
        read();
        assertThat(begun).hasSize(1);
    }

    private Future<String> read() {
        return bulkhead.pass(() -> {
            Promise<String> promise = Promise.promise();
            begun.add(promise);
            return promise.future();
        });
    }
}
