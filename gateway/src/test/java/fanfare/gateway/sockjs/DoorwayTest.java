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
    /** Stands for anybody who comes back. */
    private static final int BACK = -1;

    private final Deque<Runnable> loop = new ArrayDeque<>();
    private final Deque<Promise<Void>> trips = new ArrayDeque<>();
    private final List<Integer> entered = new ArrayList<>();
    private final Doorway.Queued queued = new Doorway.Queued(new SimpleMeterRegistry());
    private final Doorway doorway = new Doorway(loop::add, this::trip, queued);

    @Test
    void aFewPassAtOnceAndTheOthersFollowInOrderWhenTheNodeLoopHasCaughtUp() {
        come(PASSING_MAX + 3);
        assertThat(entered).hasSize(PASSING_MAX);
        assertThat(queued.get()).isEqualTo(3);

        endTrip();
        runLoop();
        assertThat(entered)
                .containsExactlyElementsOf(
                        IntStream.range(0, PASSING_MAX + 1).boxed().toList());
        assertThat(trips).hasSize(1);

        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 3);
        assertThat(queued.get()).isZero();
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
        comeBack();
        assertThat(queued.get()).isEqualTo(3);
        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 1).endsWith(BACK);
        endTrip();
        runLoop();
        assertThat(entered).hasSize(PASSING_MAX + 3).endsWith(PASSING_MAX, PASSING_MAX + 1);
    }

    @Test
    void whoeverWaitsLongestHasEveryFourthPlaceHoweverManyComeBack() {
        come(PASSING_MAX + 10);
        int places = 40;
        for (int i = 0; i < 2 * places; i++) {
            comeBack();
        }
        for (int i = 0; i < places; i++) {
            comeBack();
            endTrip();
            runLoop();
        }
        List<Integer> since = entered.subList(PASSING_MAX, entered.size());
        assertThat(since.stream().filter(who -> who == BACK)).hasSizeGreaterThanOrEqualTo(places * 3 / 4);
        assertThat(since.stream().filter(who -> who != BACK))
                .containsExactlyElementsOf(
                        IntStream.range(PASSING_MAX, PASSING_MAX + 10).boxed().toList());
    }

    private void comeBack() {
        doorway.pass(true, () -> {
            entered.add(BACK);
            return Future.succeededFuture();
        });
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
