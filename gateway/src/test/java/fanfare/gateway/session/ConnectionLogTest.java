package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RecordedLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionLogTest {
    private static final ConnectionEnd END = new ConnectionEnd("c1", "websocket", 4_001, "drain", 1_234, 3, 456, 2, 78);

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final RecordedLog log = RecordedLog.start();
    private long nowNs = TimeUnit.SECONDS.toNanos(100);

    @AfterEach
    void stop() {
        log.close();
    }

    @Test
    void soManyLinesInASecondAndThenAnotherSecond() {
        ConnectionLog ends = new ConnectionLog(2, () -> nowNs, metrics);
        for (int i = 0; i < 5; i++) {
            ends.ended(END);
        }
        assertThat(log.records()).hasSize(2);
        assertThat(metrics.get("fanfare_log_dropped_total").counter().count()).isEqualTo(3);
        nowNs += TimeUnit.SECONDS.toNanos(1);
        ends.ended(END);
        assertThat(log.records()).hasSize(3);
    }

    @Test
    void noneAtAllIsNothingLeftOut() {
        new ConnectionLog(0, () -> nowNs, metrics).ended(END);
        assertThat(log.records()).isEmpty();
        assertThat(metrics.get("fanfare_log_dropped_total").counter().count()).isZero();
    }

    @Test
    void aLineSaysWhatItWasLike() {
        assertThat(END)
                .hasToString("connection c1 ended with 4001 drain: websocket, 1234 ms, sent 3 messages of 456 bytes,"
                        + " received 2 of 78");
        assertThat(END.fields())
                .containsEntry("code", 4_001)
                .containsEntry("reason", "drain")
                .containsEntry("transport", "websocket")
                .containsEntry("ageMs", 1_234L)
                .containsEntry("sentBytes", 456L)
                .containsEntry("receivedBytes", 78L);
    }
}
