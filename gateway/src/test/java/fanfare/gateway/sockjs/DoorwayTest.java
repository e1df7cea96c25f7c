package fanfare.gateway.sockjs;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DoorwayTest {
    private static final int PASSING_MAX = 64;

    private final Deque<Runnable> loop = new ArrayDeque<>();
    private final Deque<Promise<Void>> trips = new ArrayDeque<>();
    private final List<Integer> entered = new ArrayList<>();
    private final Doorway doorway = new Doorway(loop::add, this::trip, new Doorway.Queued(new SimpleMeterRegistry()));

    @Test
    void aFewPassAtOnceAndTheOthersFollowInOrderWhenTheNodeLoopHasCaughtUp() {
        come(PASSING_MAX + 3);
        assertThat(entered).hasSize(PASSING_MAX);
        assertThat(doorway.waiting()).isEqualTo(3);

        endTrip();
        runLoop();
        assertThat(entered)
                .containsExactlyElementsOf(
                        IntStream.range(0, PASSING_MAX + 1).boxed().toList());
        assertThat(trips).hasSize(1);

        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 3);
        assertThat(doorway.waiting()).isZero();
    }

    @Test
    void whoFailsGivesItsPlaceBackAsWell() {
        IntStream.range(0, PASSING_MAX).forEach(i -> doorway.pass(false, () -> Future.failedFuture("refused")));
        Future<Object> next = doorway.pass(false, () -> Future.succeededFuture("in"));
        assertThat(next.isComplete()).isFalse();
        endTrip();
        runLoop();
        assertThat(next.result()).isEqualTo("in");
    }

    @Test
    void whoComesBackGoesBeforeOthers() {
        come(PASSING_MAX + 2);
        doorway.pass(true, () -> {
            entered.add(-1);
            return Future.succeededFuture();
        });
        assertThat(doorway.waiting()).isEqualTo(3);
        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 1).endsWith(-1);
        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 3).endsWith(PASSING_MAX, PASSING_MAX + 1);
    }

    private void come(int count) {
        IntStream.range(0, count)
                .forEach(newcomer -> doorway.pass(false, () -> {
                    entered.add(newcomer);
                    return Future.succeededFuture();
                }));
    }

    private Future<Void> trip() {
        Promise<Void> trip = Promise.promise();
        trips.add(trip);
        return trip.future();
    }

    private void endTrip() {
        trips.remove().complete();
    }

    private void runLoop() {
        while (!loop.isEmpty()) {
            loop.remove().run();
        }
    }
}
