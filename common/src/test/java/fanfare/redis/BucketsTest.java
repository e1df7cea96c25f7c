package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BucketsTest {
    @Test
    void computesSlotsAsRedisDoes() {
        // The check value of CRC-16/XMODEM, named by the Redis Cluster specification.
        assertThat(Buckets.slot("123456789")).isEqualTo(0x31c3 % 16_384);
    }

    @Test
    void everyBucketHasATagOfItsOwnInItsOwnSlots() {
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            assertThat(Buckets.slot(Buckets.tag(bucket)) / 16).isEqualTo(bucket);
        }
    }

    @Test
    void usersSpreadEvenly() {
        int[] users = new int[Buckets.COUNT];
        for (int user = 0; user < 200_000; user++) {
            users[Buckets.slot(Buckets.tagOf("user-" + user)) / 16]++;
        }
        assertThat(IntStream.of(users).max().orElse(0)).isLessThan(2 * 200_000 / Buckets.COUNT);
        assertThat(IntStream.of(users).min().orElse(0)).isPositive();
    }
}
