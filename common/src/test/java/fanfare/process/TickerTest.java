package fanfare.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class TickerTest {
    private static final Duration TICK = Duration.ofMillis(10);

    @Test
    void whatHasTheSamePeriodIsDoneTogetherAndInOrder(Vertx vertx, VertxTestContext test) {
        onLoop(vertx, ticker -> {
            List<String> done = new ArrayList<>();
            // Rounded up to three ticks.
            ticker.every(Duration.ofMillis(25), () -> done.add("slow"));
            ticker.every(TICK, () -> done.add("first"));
            ticker.every(TICK, () -> {
                done.add("second");
                if (done.size() == 14) {
                    test.verify(() -> assertThat(done)
                            .containsExactly(
                                    "first", "second", "first", "second", "slow", "first", "second", "first", "second",
                                    "first", "second", "slow", "first", "second"));
                    test.completeNow();
                }
            });
        });
    }

    @Test
    void aBugInOneKeepsNothingFromTheOthers(Vertx vertx, VertxTestContext test) {
        Context loop = vertx.getOrCreateContext();
        List<Throwable> bugs = new ArrayList<>();
        loop.exceptionHandler(bugs::add);
        loop.runOnContext(go -> {
            Ticker ticker = Ticker.start(vertx, TICK);
            ticker.every(TICK, () -> {
                throw new IllegalStateException("a bug");
            });
            ticker.every(TICK, () -> {
                if (bugs.size() == 2) {
                    test.completeNow();
                }
            });
        });
    }

    @Test
    void whatIsStoppedOnATickIsNotDoneOnItAnyMore(Vertx vertx, VertxTestContext test) {
        onLoop(vertx, ticker -> {
            List<String> done = new ArrayList<>();
            Runnable[] stop = new Runnable[1];
            ticker.every(TICK, () -> {
                if (done.size() == 2) {
                    stop[0].run();
                }
            });
            stop[0] = ticker.every(TICK, () -> done.add("stopped"));
            ticker.every(Duration.ofMillis(60), () -> {
                test.verify(() -> assertThat(done).hasSize(2));
                test.completeNow();
            });
        });
    }

    private static void onLoop(Vertx vertx, Consumer<Ticker> work) {
        vertx.getOrCreateContext().runOnContext(go -> work.accept(Ticker.start(vertx, TICK)));
    }
}
