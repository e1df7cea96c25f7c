package fanfare.publisher.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnknownFieldsTest {
    private static final Logger LOGGER = Logger.getLogger(UnknownFields.class.getName());

    private final List<LogRecord> lines = new ArrayList<>();
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private long now;

    @BeforeEach
    void record() {
        LOGGER.addHandler(recorder);
    }

    @AfterEach
    void stop() {
        LOGGER.removeHandler(recorder);
    }

    @Test
    void oneLineInTenSecondsWhateverIsSent() {
        UnknownFields fields = new UnknownFields(() -> now);
        fields.ignored("publish", "r-1", List.of());
        assertThat(lines).isEmpty();
        fields.ignored("publish", "r-2", List.of("a\nFORGED", "x".repeat(100)));
        fields.ignored("publish", "r-3", List.of("b"));
        now += TimeUnit.SECONDS.toNanos(9);
        fields.ignored("publish", "r-4", List.of("c"));
        assertThat(lines).hasSize(1);
        now += TimeUnit.SECONDS.toNanos(1);
        fields.ignored("disconnect", "r-5", List.of("d"));
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).getParameters()).contains("r-2", "a?FORGED, " + "x".repeat(64));
        assertThat(lines.get(1).getParameters()).contains("disconnect", "r-5", "d", "2");
    }
}
