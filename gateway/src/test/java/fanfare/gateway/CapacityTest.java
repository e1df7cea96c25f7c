package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RecordedLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapacityTest {
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        "19000, false, 20000, 1024, 512, 19000, SETTING",
        "19001, false, 20000, 1024, 512, 19000, FILES",
        "0, false, 20000, 1024, 512, 19000, FILES",
        "500, false, 1024, 1024, 512, 500, SETTING",
        "18000, false, 1024, 1024, 512, 924, FILES",
        "0, false, 50, 1024, 512, 1, FILES",
        "50000, false, 1000000, 1536, 512, 50000, SETTING",
        "0, false, 1000000, 1536, 512, 58982, HEAP",
        "0, true, 1000000, 1536, 512, 32768, HEAP",
        "20000, false, 1000000, 128, 512, 4915, HEAP",
        "0, false, 1000000, 1536, 64, 32768, BUFFERS",
        "0, false, 9223372036854775807, 8796093022207, 8796093022207, 2147483647, FILES"
    })
    void theLeastOfAllCounts(
            int asked, boolean tls, long files, long heapMib, long bufferMib, int sessions, Capacity.By by) {
        Capacity capacity = new Capacity(asked, tls, files, heapMib * MIB, bufferMib * MIB);
        assertThat(capacity.sessionsMax()).isEqualTo(sessions);
        assertThat(capacity.least()).isEqualTo(by);
    }

    @Test
    void metricsSayWhichOneItIs() {
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        new Capacity(18_000, false, 1_024, 1_024 * MIB, 512 * MIB).register(metrics);
        // Nobody keeps the sum.
        System.gc();
        assertThat(metrics.get("fanfare_connection_limit").gauge().value()).isEqualTo(924);
        assertThat(bound(metrics, "setting")).isEqualTo(18_000);
        assertThat(bound(metrics, "files")).isEqualTo(924);
        assertThat(bound(metrics, "heap")).isEqualTo(39_321);
        assertThat(bound(metrics, "buffers")).isEqualTo(262_144);
    }

    @Test
    void whoAskedForMoreIsWarnedAndAnybodyElseIsTold() {
        RecordedLog log = RecordedLog.start();
        new Capacity(18_000, false, 1_000_000, 64 * MIB, 512 * MIB).tell();
        new Capacity(0, false, 20_000, 1_024 * MIB, 512 * MIB).tell();
        log.close();
        assertThat(log.records())
                .extracting(entry -> entry.getLevel() + " " + new SimpleFormatter().formatMessage(entry))
                .containsExactly(
                        "WARNING takes 2457 sessions at most and not the 18000 of FANFARE_CONNECTIONS_MAX, by its heap (-Xmx)",
                        "INFO takes 19000 sessions at most, by the files that this process may have open (ulimit -n)");
    }

    private static double bound(SimpleMeterRegistry metrics, String by) {
        return metrics.get("fanfare_connection_bound").tag("by", by).gauge().value();
    }
}
