package fanfare.gateway.sockjs;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.http.ProblemException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TurnstileTest {
    private static final int RATE = 100;
    private static final int BURST = 5 * RATE;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private long nowNs = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(2);
    private final Turnstile turnstile = new Turnstile(100_000, RATE, nowNs, metrics);

    @Test
    void aBurstPassesOfWhichAFifthIsForThoseWhoComeBack() {
        assertThat(passing(10 * BURST, false)).isEqualTo(BURST * 4 / 5);
        assertThat(passing(10 * BURST, true)).isEqualTo(BURST / 5);
        assertThat(turnstile.look(true, nowNs)).isNotNull();
        second();
        assertThat(passing(10 * BURST, false)).isZero();
        assertThat(turnstile.look(true, nowNs)).isNull();
        assertThat(passing(10 * BURST, true)).isEqualTo(RATE);
    }

    @Test
    void whoIsRefusedIsToldAMomentOfItsOwn() {
        passing(BURST, true);
        Map<Integer, Integer> seconds = new HashMap<>();
        for (int i = 0; i < 3 * RATE - 1; i++) {
            ProblemException refusal = turnstile.pass(true, nowNs);
            assertThat(refusal).isNotNull();
            seconds.merge(refusal.retryAfterS(), 1, Integer::sum);
        }
        assertThat(seconds).isEqualTo(Map.of(1, RATE - 1, 2, RATE, 3, RATE));
    }

    @Test
    void nobodyIsToldToStayAwayForVeryLong() {
        passing(BURST, true);
        for (int i = 0; i < 100 * RATE; i++) {
            ProblemException refusal = turnstile.pass(false, nowNs);
            assertThat(refusal).isNotNull();
            assertThat(refusal.retryAfterS()).isBetween(1, 31);
        }
        assertThat(refused("rate")).isEqualTo(100 * RATE);
    }

    @Test
    void aCrowdThatComesBackAsToldIsInInItsTime() {
        int crowd = BURST + 10 * RATE;
        Map<Integer, Integer> coming = new HashMap<>(Map.of(0, crowd));
        int attempts = 0;
        for (int second = 0; second < 20; second++) {
            for (int i = coming.getOrDefault(second, 0); i > 0; i--) {
                attempts++;
                ProblemException refusal = turnstile.pass(true, nowNs);
                if (refusal != null) {
                    coming.merge(second + refusal.retryAfterS(), 1, Integer::sum);
                } else {
                    crowd--;
                }
            }
            second();
        }
        assertThat(crowd).isZero();
        assertThat(attempts).isLessThan(2 * (BURST + 10 * RATE));
    }

    @Test
    void aFullGatewayTakesNobodyUntilSomebodyHasLeft() {
        Turnstile small = new Turnstile(3, RATE, nowNs, metrics);
        for (int i = 0; i < 3; i++) {
            assertThat(small.look(false, nowNs)).isNull();
            assertThat(small.pass(false, nowNs)).isNull();
        }
        ProblemException refusal = small.pass(true, nowNs);
        assertThat(refusal).isNotNull();
        assertThat(refusal.retryAfterS()).isEqualTo(5);
        ProblemException foretold = small.look(true, nowNs);
        assertThat(foretold).isNotNull();
        assertThat(foretold.retryAfterS()).isEqualTo(5);
        small.left();
        assertThat(small.look(false, nowNs)).isNull();
        assertThat(small.pass(false, nowNs)).isNull();
        assertThat(small.pass(false, nowNs)).isNotNull();
        assertThat(refused("sessions")).isEqualTo(2);
        assertThat(refused("rate")).isZero();
    }

    @Test
    void whoAsksBeforehandIsToldWhatHoldsForItAndIsNotCounted() {
        passing(BURST * 4 / 5 + 1, false);
        assertThat(turnstile.look(true, nowNs)).isNull();
        ProblemException later = turnstile.look(false, nowNs);
        assertThat(later).isNotNull();
        assertThat(later.retryAfterS()).isEqualTo(1);
        assertThat(refused("rate")).isEqualTo(1);
    }

    @Test
    void zeroIsNoLimit() {
        Turnstile open = new Turnstile(100_000, 0, nowNs, metrics);
        for (int i = 0; i < 100_000; i++) {
            assertThat(open.pass(false, nowNs)).isNull();
        }
    }

    private int passing(int count, boolean resume) {
        int passed = 0;
        for (int i = 0; i < count; i++) {
            if (turnstile.pass(resume, nowNs) == null) {
                passed++;
            }
        }
        return passed;
    }

    private double refused(String limit) {
        return metrics.get("fanfare_newcomers_refused_total")
                .tag("limit", limit)
                .counter()
                .count();
    }

    private void second() {
        nowNs += TimeUnit.SECONDS.toNanos(1);
    }
}
