package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    /** Who compares it with a time that somebody else tells: the site when a login expires, Redis when a receipt ends. */
    private static final List<String> TIME_OF_DAY = List.of("Gateway.java", "Node.java", "SiteCheck.java");

    private long nowNs = Long.MAX_VALUE - TimeUnit.MILLISECONDS.toNanos(5);

    @Test
    void itGoesOnFromTheTimeOfDay() {
        SteadyClock clock = new SteadyClock(1_000, () -> nowNs);
        assertThat(clock.getAsLong()).isEqualTo(1_000);
        nowNs += TimeUnit.MILLISECONDS.toNanos(7);
        assertThat(clock.getAsLong()).isEqualTo(1_007);
    }

    /** A hub on the time of day would stand still, and its drain with it, while that is set back. */
    @Test
    void nobodyElseAsksForTheTimeOfDay() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            assertThat(sources.filter(Files::isRegularFile)
                            .filter(SteadyClockTest::asksForTheTimeOfDay)
                            .map(source -> source.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(TIME_OF_DAY);
        }
    }

    private static boolean asksForTheTimeOfDay(Path source) {
        try {
            return Files.readString(source).contains("currentTimeMillis");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
