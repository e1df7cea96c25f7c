package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SiteLogTest {
    private final AtomicLong clockMs = new AtomicLong(1_000);
    private final SiteLog log = new SiteLog(clockMs::get);
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger(SiteLog.class.getName());
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void record() {
        logger.addHandler(recorder);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(recorder);
    }

    @Test
    void oneLineAMinuteOfEachKind() {
        log.misconfigured("302", "/login");
        log.misconfigured("302", "/login");
        log.unavailable("status 503");
        clockMs.addAndGet(59_999);
        log.misconfigured("302", "/login");
        assertThat(lines).hasSize(2);
        clockMs.addAndGet(1);
        log.misconfigured("404", null);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).contains("302").contains("Location: /login").contains("answer 401 instead");
        assertThat(lines.get(2)).contains("404").doesNotContain("Location");
    }

    @Test
    void foreignTextIsPrintableAndShort() {
        log.misconfigured("302", "/\r\nINFO all is well {0} \u001b[2J" + "x".repeat(500));
        assertThat(lines.get(0)).contains("/??INFO all is well {0} ?[2Jx").doesNotContain("x".repeat(201));
    }
}
