package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketsTest {
    @Test
    void everyBucketHasATagOfItsOwnInItsOwnSlots() {
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            assertThat(Slots.ofTag(Buckets.tag(bucket)) / 16).isEqualTo(bucket);
        }
    }

    @Test
    void usersSpreadEvenly() {
        int[] users = new int[Buckets.COUNT];
        for (int user = 0; user < 200_000; user++) {
            users[Slots.ofTag(Buckets.tagOf("user-" + user)) / 16]++;
        }
        assertThat(IntStream.of(users).max().orElse(0)).isLessThan(2 * 200_000 / Buckets.COUNT);
        assertThat(IntStream.of(users).min().orElse(0)).isPositive();
    }

    /** Each of so many shards has as many slots as any other, as a cluster is made; the buckets follow. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6, 7, 8, 12, 16, 24, 32})
    void shardsHaveEquallyManyBuckets(int shards) {
        int[] buckets = new int[shards];
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            buckets[Slots.ofTag(Buckets.tag(bucket)) * shards / Slots.COUNT]++;
        }
        assertThat(IntStream.of(buckets).max().orElse(0)).isLessThanOrEqualTo((int) (1.05 * Buckets.COUNT / shards));
    }
}
