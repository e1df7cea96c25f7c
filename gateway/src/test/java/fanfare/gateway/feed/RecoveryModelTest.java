package fanfare.gateway.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The rules by which nothing is lost, played against whatever may happen. {@code -Dfanfare.model.histories=N} plays more,
 * {@code -Dfanfare.model.seed=S} others; what breaks a rule is shortened and printed.
 */
class RecoveryModelTest {
    private static final int HISTORIES = Integer.getInteger("fanfare.model.histories", 20_000);
    private static final long SEED = Long.getLong("fanfare.model.seed", 1);
    private static final int STEPS_MAX = 120;

    @Test
    void whatWasAcknowledgedIsHeardOnceOrItsLossIsTold() {
        SplittableRandom seeds = new SplittableRandom(SEED);
        for (int i = 0; i < HISTORIES; i++) {
            long seed = seeds.nextLong();
            SplittableRandom random = new SplittableRandom(seed);
            long[] steps = random.longs(20 + random.nextInt(STEPS_MAX)).toArray();
            if (play(seed, steps, false) != null) {
                List<String> story = Objects.requireNonNull(play(seed, shortened(seed, steps), true));
                throw new AssertionError("seed %d, history %d:%n%s".formatted(SEED, i, String.join("\n", story)));
            }
        }
    }

    /** Plays a history; null if no rule was broken, else what happened, if it is to be told. */
    private static @Nullable List<String> play(long seed, long[] steps, boolean telling) {
        ModelWorld world = new ModelWorld(new SplittableRandom(seed), telling);
        try {
            for (long step : steps) {
                world.step(step);
            }
            world.settle();
            return null;
        } catch (AssertionError e) {
            world.tell(() -> "broken: " + e.getMessage());
            return world.story;
        }
    }

    /** Leaves out pieces, large ones first, as long as a rule is still broken. */
    private static long[] shortened(long seed, long[] steps) {
        long[] shortest = steps;
        for (int size = shortest.length / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2) {
            for (int from = 0; from + size <= shortest.length; ) {
                long[] shorter = without(shortest, from, size);
                if (play(seed, shorter, false) != null) {
                    shortest = shorter;
                } else {
                    from += size;
                }
            }
        }
        return shortest;
    }

    private static long[] without(long[] steps, int from, int size) {
        List<Long> left = new ArrayList<>();
        for (int i = 0; i < steps.length; i++) {
            if (i < from || i >= from + size) {
                left.add(steps[i]);
            }
        }
        return left.stream().mapToLong(Long::longValue).toArray();
    }
}
