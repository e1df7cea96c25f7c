package fanfare.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.testing.Fuzz;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What browsers say, and what they are told, whatever it is. The time-out is for what would never end. */
@Timeout(120)
class ProtocolFuzzTest {
    private static final String HELLO =
            "{\"type\":\"hello\",\"protocol\":1,\"namespaces\":[\"/a\",\"/b\"],\"resume\":\"AgM\","
                    + "\"positions\":{\"user\":\"1795495882060088-7\",\"broadcast\":\"1-2\"},\"inbox\":true}";
    private static final String POSITIONS = "{\"user\":\"1-2\",\"broadcast\":\"9223372036854775807-0\",\"topic:x\":3}";
    private static final String TOKEN = new ResumeToken(
                    "42",
                    1_795_495_882_060L,
                    Map.of(
                            "user",
                            new Place(Point.after(new Position(1_795_495_882_060_088L, 7)), 5),
                            "broadcast",
                            new Place(Point.since(1_795_495_882_060L), 0)))
            .encode();

    /** What the SockJS protocol asks to escape ("Unicode"), and what JSON does. */
    private static final Pattern UNSAFE = Pattern.compile(
            "[\\x{0}-\\x{1f}\\x{200c}-\\x{200f}\\x{2028}-\\x{202f}\\x{2060}-\\x{206f}\\x{fff0}-\\x{ffff}]");

    @Test
    void aMessageIsReadOrRefused() {
        Fuzz.play(fuzz -> {
            String text = fuzz.text(
                    2 * Commands.BYTES_MAX,
                    HELLO,
                    "{\"type\":\"ping\"}",
                    "{\"type\":\"hello\",\"protocol\":1e3,\"namespaces\":[[{}],null,7]}",
                    "{\"type\":null,\"x\":[{\"y\":[1.5,-0,\"\\ud800\"]}]}");
            Command command = Commands.decode(text);
            if (text.getBytes(StandardCharsets.UTF_8).length > Commands.BYTES_MAX) {
                assertThat(command).isNull();
            } else if (command instanceof Command.Hello hello) {
                assertNotLonger(hello, text.length());
            }
        });
    }

    @Test
    void aHelloInAnAddressIsReadAsFarAsItMakesSense() {
        Fuzz.play(fuzz -> {
            MultiMap parameters = MultiMap.caseInsensitiveMultiMap();
            int length = 0;
            for (int i = fuzz.number(6); i > 0; i--) {
                String value = fuzz.text(8 << 10, "/a,/b", TOKEN, POSITIONS, "true", HELLO);
                parameters.add(fuzz.oneOf("namespaces", "resume", "positions", "inbox", "INBOX", "protocol"), value);
                length += value.length();
            }
            assertNotLonger(Commands.query(parameters), length);
        });
    }

    private static void assertNotLonger(Command.Hello hello, int length) {
        String token = hello.resume();
        int kept = token == null ? 0 : token.length();
        if (hello.namespaces() != null) {
            kept += hello.namespaces().stream().mapToInt(String::length).sum();
        }
        kept += hello.positions().keySet().stream().mapToInt(String::length).sum();
        assertThat(kept).isLessThanOrEqualTo(length);
    }

    @Test
    void aTokenIsTheOneThatWasGivenOrNone() {
        Fuzz.play(fuzz -> {
            ResumeToken.Read read = ResumeToken.decode(fuzz.text(2 * ResumeToken.LENGTH_MAX, TOKEN));
            assertThat(read == null || read.isOf("42")).isTrue();
        });
    }

    /** A checksum is no seal: anybody can make one. */
    @Test
    void aForgedTokenWithARightChecksumIsReadOrRefused() {
        byte[] genuine = Base64.getUrlDecoder().decode(TOKEN);
        Fuzz.play(fuzz -> {
            ByteBuffer forged = ByteBuffer.allocate(16 + fuzz.number(200));
            while (forged.remaining() > Integer.BYTES) {
                boolean keep = forged.position() < genuine.length && fuzz.number(4) > 0;
                forged.put(keep ? genuine[forged.position()] : (byte) fuzz.number(256));
            }
            CRC32 checksum = new CRC32();
            checksum.update(forged.array(), 0, forged.position());
            forged.putInt((int) checksum.getValue());
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(forged.array());
            ResumeToken.Read read = ResumeToken.decode(text);
            Place place = read == null ? null : read.place("user");
            if (place != null) {
                assertThat(place.mark()).isBetween(0, 0xffffff);
                assertIsPlace(place.point().after());
            }
        });
    }

    private static void assertIsPlace(@Nullable Position after) {
        if (after != null) {
            assertThat(Position.parse(after.toString())).isEqualTo(after);
        }
    }

    @Test
    void whateverIsQuotedIsReadBackAndHoldsNothingThatATransportWouldChange() {
        Fuzz.play(fuzz -> {
            Buffer text = Buffer.buffer(fuzz.text(20_000, HELLO, "\u2027\u2028\u2030", "\u200b\u200c", "\uffef\ufff0"));
            String quoted = Quoting.quote(text).toString();
            assertThat(Json.decodeValue(quoted)).isEqualTo(text.toString());
            assertThat(UNSAFE.matcher(quoted).find()).isFalse();
        });
    }
}
