package fanfare.gateway.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlopeTest {
    private static final int BROWSERS = 18_000;

    @Test
    void noSecondHasMuchMoreThanItsShare() {
        Slope slope = new Slope(Duration.ofSeconds(60));
        Random random = new Random(7);
        int[] told = new int[55];
        for (int place = 0; place < BROWSERS; place++) {
            told[(int) (slope.toldMs(place, BROWSERS, random.nextDouble()) / 1_000)]++;
        }
        assertThat(Arrays.stream(told).boxed()).allMatch(count -> count >= 326 && count <= 329);
    }

    @ParameterizedTest
    @CsvSource({"60000, 5000, 1250", "10000, 5000, 1250", "4000, 2000, 500", "1, 0, 0", "0, 0, 0"})
    void everybodyHasBeenToldAndWaitedForWithinTheWindow(int windowMs, int graceMs, int delayMs) {
        Slope slope = new Slope(Duration.ofMillis(windowMs));
        assertThat(slope.graceMs()).isEqualTo(graceMs);
        assertThat(slope.delayMs()).isEqualTo(delayMs);
        assertThat(slope.toldMs(0, 3, 0)).isZero();
        assertThat(slope.toldMs(2, 3, 0.999_999) + graceMs).isBetween((long) windowMs - 2, (long) windowMs);
    }

    @Test
    void whoIsFoundLateHasWhatIsLeftOfTheTime() {
        Slope slope = new Slope(Duration.ofSeconds(60));
        assertThat(slope.waitMs(15_000, 0)).isZero();
        assertThat(slope.waitMs(15_000, 0.5)).isEqualTo(20_000);
        assertThat(slope.waitMs(55_000, 0.5)).isZero();
        assertThat(slope.waitMs(70_000, 0.5)).isZero();
    }
}
