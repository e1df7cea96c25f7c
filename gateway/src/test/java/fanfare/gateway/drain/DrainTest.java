package fanfare.gateway.drain;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DrainTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private long nowMs = 5_000;
    private int sessions = 3;
    private int told;
    private int begun;
    private final Drain drain = new Drain(Duration.ofSeconds(10), () -> nowMs, () -> told, metrics);

    DrainTest() {
        drain.onBegin(() -> begun++);
        drain.awaits("sessions", () -> sessions);
    }

    @Test
    void itIsOverWhenNobodyIsLeft() {
        assertThat(drain.isOver()).isFalse();
        drain.begin();
        assertThat(drain.isOn()).isTrue();
        assertThat(drain.isOver()).isFalse();
        sessions = 0;
        assertThat(drain.isOver()).isTrue();
    }

    @Test
    void whoDoesNotLeaveIsNotWaitedForForEver() {
        drain.begin();
        nowMs += 16_000;
        assertThat(drain.isOver()).isFalse();
        nowMs++;
        assertThat(drain.isOver()).isTrue();
    }

    @Test
    void anEmptyGatewayThatServesIsNotOver() {
        sessions = 0;
        assertThat(drain.isOver()).isFalse();
        assertThat(metrics.get("fanfare_draining").gauge().value()).isZero();
    }

    @Test
    void itBeginsOnce() {
        drain.begin();
        nowMs += 2_000;
        drain.begin();
        assertThat(begun).isEqualTo(1);
        assertThat(drain.elapsedMs()).isEqualTo(2_000);
        assertThat(metrics.get("fanfare_draining").gauge().value()).isEqualTo(1);
    }

    @Test
    void progressIsTold() {
        assertProgress("{\"state\":\"serving\",\"sessions\":3,\"told\":0,\"window\":10.0,\"remaining\":10.0}");
        drain.begin();
        nowMs += 2_500;
        told = 2;
        sessions = 1;
        assertProgress("{\"state\":\"draining\",\"sessions\":1,\"told\":2,\"window\":10.0,\"remaining\":7.5}");
        nowMs += 10_000;
        drain.leaving();
        assertProgress("{\"state\":\"leaving\",\"sessions\":1,\"told\":2,\"window\":10.0,\"remaining\":0.0}");
    }

    private void assertProgress(String json) {
        assertThat(drain.progress()).isEqualTo(new JsonObject(json));
    }
}
