package fanfare.deploy.bench.sink;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.bench.socket.Wire;
import org.junit.jupiter.api.Test;

class FramingTest {
    @Test
    void rawFramesAreOneMessage() {
        assertThat(events(Framing.RAW, "{\"position\":\"1-1\",\"type\":\"event\"}"))
                .isOne();
        assertThat(events(Framing.RAW, "{\"type\":\"resume\"}")).isZero();
    }

    @Test
    void sockJsFramesAreAsManyAsTheyCarry() {
        String event = "\"{\\\"position\\\":\\\"1-1\\\",\\\"data\\\":\\\"{\\\\\\\"position\\\\\\\":1}\\\"}\"";
        String other = "\"{\\\"type\\\":\\\"resume\\\"}\"";

        assertThat(events(Framing.SOCKJS, "a[" + event + "]")).isOne();
        assertThat(events(Framing.SOCKJS, "a[" + event + "," + other + "," + event + "]"))
                .isEqualTo(2);
        assertThat(events(Framing.SOCKJS, "a[" + other + "]")).isZero();
    }

    @Test
    void cookiesHave64Bytes() {
        assertThat(Framing.cookie(123_456)).hasSize(64);
    }

    private static int events(Framing framing, String text) {
        byte[] bytes = Wire.ascii(text);
        return framing.events(bytes, 0, bytes.length);
    }
}
