package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WheelTest {
    private final List<Long> alarms = new ArrayList<>();
    private final Wheel wheel = new Wheel(0, alarms::add);
    private final List<Long> ticks = new ArrayList<>();

    @Test
    void callsWhenDueAndNotBefore() {
        wheel.schedule(once(), 1_000);
        wheel.advance(900);
        assertThat(ticks).isEmpty();
        wheel.advance(1_100);
        assertThat(ticks).containsExactly(1_100L);
    }

    @Test
    void keepsWhatIsFurtherAwayThanItsRing() {
        long due = 10 * 60_000;
        wheel.schedule(now -> now < due ? due : once().tick(now), due);
        for (long now = 0; now < due; now += 1_000) {
            wheel.advance(now);
        }
        assertThat(ticks).isEmpty();
        wheel.advance(due + 100);
        assertThat(ticks).hasSize(1);
    }

    @Test
    void comesBackAsOftenAsAsked() {
        wheel.schedule(
                now -> {
                    ticks.add(now);
                    return now + 1_000;
                },
                0);
        for (long now = 0; now <= 5_000; now += 100) {
            wheel.advance(now);
        }
        assertThat(ticks).hasSize(5);
    }

    @Test
    void survivesALongPause() {
        wheel.schedule(once(), 1_000);
        wheel.schedule(once(), 40_000);
        wheel.advance(3_600_000);
        assertThat(ticks).hasSize(2);
        wheel.schedule(once(), 3_600_500);
        wheel.advance(3_600_700);
        assertThat(ticks).hasSize(3);
    }

    @Test
    void aBugInOneKeepsNothingFromTheOthers() {
        wheel.schedule(
                now -> {
                    throw new IllegalStateException("bug");
                },
                1_000);
        wheel.schedule(once(), 1_000);
        assertThatThrownBy(() -> wheel.advance(1_100)).hasMessage("bug");
        wheel.advance(1_200);
        assertThat(ticks).containsExactly(1_200L);
    }

    @Test
    void asksToBeAdvancedWhenSomethingIsDueAndNotBefore() {
        wheel.schedule(once(), 20_000);
        wheel.schedule(once(), 5_000);
        wheel.schedule(once(), 30_000);
        assertThat(alarms).containsExactly(20_100L, 5_100L);
        alarms.clear();
        wheel.advance(5_100);
        assertThat(alarms).containsExactly(20_100L);
        alarms.clear();
        wheel.advance(20_100);
        wheel.advance(30_100);
        assertThat(alarms).containsExactly(30_100L);
        assertThat(ticks).containsExactly(5_100L, 20_100L, 30_100L);
    }

    @Test
    void aCrowdLetsOthersHaveTheirTurn() {
        for (int i = 0; i < 2 * Wheel.AT_ONCE + 1; i++) {
            wheel.schedule(once(), 1_000);
        }
        alarms.clear();
        wheel.advance(1_100);
        assertThat(ticks).hasSize(Wheel.AT_ONCE);
        assertThat(alarms).containsExactly(1_100L);
        wheel.advance(1_101);
        wheel.advance(1_102);
        assertThat(ticks).hasSize(2 * Wheel.AT_ONCE + 1);
        assertThat(alarms).hasSize(2);
    }

    private Wheel.Timed once() {
        return now -> {
            ticks.add(now);
            return Wheel.NEVER;
        };
    }
}
