package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PausesTest {
    @Test
    void safepointsOfOldAndNewJdksAreRead() {
        Pauses pauses = Pauses.parse(List.of(
                "[0.5s][info][gc       ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->3M(256M)" + " 2.312ms",
                "[0.5s][info][safepoint] Safepoint \"G1CollectForAllocation\", Time since last: 5 ns, Reaching"
                        + " safepoint: 2000 ns, Cleanup: 9 ns, At safepoint: 2400000 ns, Total: 2500000 ns",
                "[0.9s][info][safepoint   ] Safepoint \"ICBufferFull\", Time since last: 7 ns, Reaching"
                        + " safepoint:    100 ns, At safepoint:    50 ns, Leaving safepoint: 6 ns, Total:   "
                        + " 250000 ns, Threads: 3 runnable, 20 total"));

        assertThat(pauses.millis().ascending()).containsExactly(0.25, 2.5);
        assertThat(pauses.millis().at(0.25)).isEqualTo(0.25);
        assertThat(pauses.longest()).isEqualTo(new Pauses.Pause("G1CollectForAllocation", 0.002, 2.5));
    }

    @Test
    void noPauseIsNone() {
        Pauses none = Pauses.parse(List.of());

        assertThat(none.longest().millis()).isZero();
        assertThat(none.millis().most()).isZero();
    }
}
