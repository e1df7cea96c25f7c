package fanfare.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import fanfare.gateway.protocol.ResumeToken.Place;
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
        Map<String, Place> points = new HashMap<>();
        points.put("user", new Place(Point.after(new Position(1_795_495_882_060_088L, 7)), 0xfffffe));
        points.put("broadcast", new Place(Point.since(1_795_495_882_060L), 0));
        ResumeToken.Read read = read(new ResumeToken("42", 1_795_495_882_060L, points).encode());
        assertThat(read.isOf("42")).isTrue();
        assertThat(read.isOf("43")).isFalse();
        assertThat(read.isOf(null)).isFalse();
        assertThat(read.asOfMs()).isEqualTo(1_795_495_882_060L);
        assertThat(read.place("user")).isEqualTo(points.get("user"));
        assertThat(read.place("broadcast")).isEqualTo(points.get("broadcast"));
        assertThat(read.place("topic:x")).isNull();
    }

    @Test
    void aVisitorIsNotTheUserOfThatName() {
        assertThat(read(new ResumeToken(null, 1, Map.of()).encode()).isOf("anonymous"))
                .isFalse();
        assertThat(read(new ResumeToken(null, 1, Map.of()).encode()).isOf(null)).isTrue();
    }

    @Test
    void theMostTopicsFitWithTheirMarks() {
        ResumeToken.Read token = withTopics(new Position(1_795_495_882_060_088L, 250_000_000));
        assertThat(token.place("topic:31").mark()).isEqualTo(5);
    }

    @Test
    void theMostTopicsFitWithoutMarksWhateverTheirNumbers() {
        Position position = new Position((1L << 55) - 1, Long.MAX_VALUE);
        assertThat(withTopics(position).place("topic:31")).isEqualTo(new Place(Point.after(position), 0));
    }

    private static ResumeToken.Read withTopics(Position position) {
        Map<String, Place> places = new HashMap<>();
        places.put("user", new Place(Point.after(position), 5));
        places.put("broadcast", new Place(Point.after(position), 5));
        for (int i = 0; i < 32; i++) {
            places.put("topic:" + i, new Place(Point.after(position), 5));
        }
        String text = new ResumeToken("u".repeat(128), Long.MAX_VALUE, places).encode();
        assertThat(text).hasSizeLessThanOrEqualTo(ResumeToken.LENGTH_MAX);
        return read(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "garbage", "####", "AQ", "{}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é"})
    void garbageIsNoToken(String text) {
        assertThat(ResumeToken.decode(text)).isNull();
    }

    @Test
    void anAlteredByteIsSeen() {
        byte[] bytes = Base64.getUrlDecoder()
                .decode(new ResumeToken("42", 99, Map.of("user", new Place(Point.after(new Position(1, 2)), 3)))
                        .encode());
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
                bytes[0] = 2;
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
