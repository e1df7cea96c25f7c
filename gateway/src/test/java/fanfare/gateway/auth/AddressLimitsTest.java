package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressLimitsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final String ONE = "203.0.113.1";

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AddressLimits limits = new AddressLimits(10, 3, 1_000, metrics);

    private int granted(AddressLimits of, String address, int asked, long nowNs) {
        return (int) IntStream.range(0, asked)
                .filter(i -> of.handshake(address, nowNs))
                .count();
    }

    private double refused(String limit) {
        return metrics.get("fanfare_address_refusals_total")
                .tag("limit", limit)
                .counter()
                .count();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_234_567_890_123L, -5_000_000_000L, Long.MAX_VALUE - 100})
    void aBurstOfFiveSecondsThenASteadyRate(long start) {
        assertThat(granted(limits, ONE, 100, start)).isEqualTo(50);
        assertThat(refused("handshakes")).isEqualTo(50);
        assertThat(granted(limits, ONE, 100, start + SECOND)).isEqualTo(10);
        assertThat(granted(limits, "203.0.113.2", 100, start + SECOND)).isEqualTo(50);
        assertThat(granted(limits, ONE, 100, start + 60 * SECOND)).isEqualTo(50);
    }

    @Test
    void whoIsIdleIsForgotten() {
        IntStream.range(0, 1_000).forEach(i -> limits.handshake("10.0." + i / 250 + "." + i % 250, 0));
        assertThat(limits.size()).isEqualTo(1_000);
        limits.handshake(ONE, 10 * SECOND);
        assertThat(limits.size()).isEqualTo(1);
    }

    @Test
    void aFloodOfAddressesSharesOneBucket() {
        HandshakeRate rate = new HandshakeRate(10);
        for (int i = 0; i < HandshakeRate.ADDRESSES_MAX; i++) {
            assertThat(rate.take("a" + i, 0)).isTrue();
        }
        int others =
                (int) IntStream.range(0, 100).filter(i -> rate.take("b" + i, 0)).count();
        assertThat(others).isEqualTo(50);
        assertThat(rate.take("a1", 0)).isTrue();
        assertThat(rate.size()).isEqualTo(HandshakeRate.ADDRESSES_MAX + 1);
    }

    @Test
    void sessionsAreCountedWhileOpen() {
        assertThat(limits.open(ONE)).isTrue();
        assertThat(limits.open(ONE)).isTrue();
        assertThat(limits.open(ONE)).isTrue();
        assertThat(limits.open(ONE)).isFalse();
        assertThat(limits.open("203.0.113.2")).isTrue();
        assertThat(refused("sessions")).isEqualTo(1);
        limits.closed(ONE);
        assertThat(limits.open(ONE)).isTrue();
        IntStream.range(0, 3).forEach(i -> limits.closed(ONE));
        limits.closed("203.0.113.2");
        assertThat(limits.size()).isZero();
    }

    @Test
    void bytesOfBodiesAreCountedUntilReleased() {
        assertThat(limits.reserveBody(ONE, 600)).isTrue();
        assertThat(limits.reserveBody(ONE, 600)).isFalse();
        assertThat(limits.reserveBody(ONE, 400)).isTrue();
        assertThat(refused("bodies")).isEqualTo(1);
        limits.releaseBody(ONE, 600);
        limits.releaseBody(ONE, 400);
        assertThat(limits.size()).isZero();
    }

    @Test
    void anIpv6ClientIsItsNetwork() {
        assertThat(limits.open("2001:db8::1")).isTrue();
        assertThat(limits.open("2001:db8:0:0:ffff::2")).isTrue();
        assertThat(limits.open("2001:db8::3")).isTrue();
        assertThat(limits.open("2001:db8::4")).isFalse();
        assertThat(limits.open("2001:db8:0:1::1")).isTrue();
    }

    @Test
    void zeroIsNoLimit() {
        AddressLimits off = new AddressLimits(0, 0, 0, new SimpleMeterRegistry());
        assertThat(granted(off, ONE, 10_000, 0)).isEqualTo(10_000);
        assertThat(off.open(ONE)).isTrue();
        assertThat(off.reserveBody(ONE, Integer.MAX_VALUE)).isTrue();
        off.closed(ONE);
        off.releaseBody(ONE, Integer.MAX_VALUE);
        assertThat(off.size()).isZero();
    }

    @Test
    void theLimitHoldsForAllThreadsTogether() throws InterruptedException {
        AddressLimits busy = new AddressLimits(0, 5_000, 0, new SimpleMeterRegistry());
        AtomicInteger open = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(
                    () -> IntStream.range(0, 2_500).filter(n -> busy.open(ONE)).forEach(n -> open.incrementAndGet()));
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(open).hasValue(5_000);
    }
}
