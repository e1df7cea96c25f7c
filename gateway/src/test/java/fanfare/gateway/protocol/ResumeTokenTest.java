package fanfare.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTokenTest {
    @Test
    void comesBackAsItWas() {
        Map<String, Point> points = new HashMap<>();
        points.put("user", Point.after(new Position(1_795_495_882_060_088L, 7)));
        points.put("broadcast", Point.since(5));
        ResumeToken.Read read = read(new ResumeToken("42", 1_795_495_882_060L, points).encode());
        assertThat(read.isOf("42")).isTrue();
        assertThat(read.isOf("43")).isFalse();
        assertThat(read.isOf(null)).isFalse();
        assertThat(read.asOfMs()).isEqualTo(1_795_495_882_060L);
        assertThat(read.point("user")).isEqualTo(Point.after(new Position(1_795_495_882_060_088L, 7)));
        assertThat(read.point("broadcast")).isEqualTo(Point.since(5));
        assertThat(read.point("topic:x")).isNull();
    }

    @Test
    void aVisitorIsNotTheUserOfThatName() {
        assertThat(read(new ResumeToken(null, 1, Map.of()).encode()).isOf("anonymous"))
                .isFalse();
        assertThat(read(new ResumeToken(null, 1, Map.of()).encode()).isOf(null)).isTrue();
    }

    @Test
    void theMostTopicsFit() {
        Map<String, Point> points = new HashMap<>();
        points.put("user", Point.after(new Position(Long.MAX_VALUE, Long.MAX_VALUE)));
        points.put("broadcast", Point.after(new Position(Long.MAX_VALUE, Long.MAX_VALUE)));
        for (int i = 0; i < 32; i++) {
            points.put("topic:" + "x".repeat(60) + i, Point.after(new Position(Long.MAX_VALUE, Long.MAX_VALUE)));
        }
        assertThat(new ResumeToken("u".repeat(128), Long.MAX_VALUE, points).encode())
                .hasSizeLessThanOrEqualTo(ResumeToken.LENGTH_MAX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "garbage", "####", "AQ", "{}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é"})
    void garbageIsNoToken(String text) {
        assertThat(ResumeToken.decode(text)).isNull();
    }

    @Test
    void anAlteredByteIsSeen() {
        byte[] bytes = Base64.getUrlDecoder()
                .decode(new ResumeToken("42", 99, Map.of("user", Point.after(new Position(1, 2)))).encode());
        Random random = new Random(7);
        for (int i = 0; i < bytes.length; i++) {
            byte[] altered = bytes.clone();
            altered[i] ^= (byte) (1 + random.nextInt(255));
            assertThat(ResumeToken.decode(
                            Base64.getUrlEncoder().withoutPadding().encodeToString(altered)))
                    .isNull();
        }
    }

    @Test
    void whateverIsSentItNeverThrows() {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            if (bytes.length > 0 && random.nextBoolean()) {
                bytes[0] = 1;
            }
            assertThat(ResumeToken.decode(
                            Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)))
                    .isNull();
        }
    }

    private static ResumeToken.Read read(String text) {
        return Objects.requireNonNull(ResumeToken.decode(text));
    }
}
