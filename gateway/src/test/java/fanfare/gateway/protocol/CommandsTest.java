package fanfare.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Position;
import io.vertx.core.MultiMap;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
    @Test
    void readsAHello() {
        assertThat(Commands.decode(
                        "{\"type\":\"hello\",\"protocol\":1,\"namespaces\":[\"/a\",\"/b\"],\"resume\":\"r\"}"))
                .isEqualTo(new Command.Hello(1, Set.of("/a", "/b"), "r", Map.of(), false));
        assertThat(Commands.decode("{\"type\":\"hello\"}")).isEqualTo(Command.Hello.SILENT);
        assertThat(Commands.decode("{\"type\":\"hello\",\"protocol\":2,\"namespaces\":[]}"))
                .isEqualTo(new Command.Hello(2, Set.of(), null, Map.of(), false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"1\"", "\"2\"", "\"null\"", "null", "1.5", "0", "-1", "4294967297", "1e20", "true", "[1]", "{}"
            })
    void knowsNoProtocolButTheNumberOne(String protocol) {
        assertThat(Commands.decode("{\"type\":\"hello\",\"protocol\":" + protocol + "}"))
                .isInstanceOfSatisfying(Command.Hello.class, hello -> assertThat(hello.protocol())
                        .isNotEqualTo(Commands.PROTOCOL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1.0", "1e0"})
    void knowsTheNumberOneHoweverItIsWritten(String protocol) {
        assertThat(Commands.decode("{\"type\":\"hello\",\"protocol\":" + protocol + "}"))
                .isEqualTo(Command.Hello.SILENT);
    }

    @Test
    void readsAnAcknowledgementOfWhatCanBeAnId() {
        String longest = "x".repeat(128);
        assertThat(Commands.decode("{\"type\":\"ack\",\"ids\":[\"a 1\",7,\"\",\"é\",\"" + longest + "\",\"" + longest
                        + "x\",null,\"b\"]}"))
                .isEqualTo(new Command.Ack(List.of("a 1", longest, "b")));
        String many = "\"a\",".repeat(Commands.IDS_MAX);
        assertThat(Commands.decode("{\"type\":\"ack\",\"ids\":[" + many + "\"b\"]}"))
                .isEqualTo(new Command.Ack(Collections.nCopies(Commands.IDS_MAX, "a")));
        assertThat(Commands.decode("{\"type\":\"ack\"}")).isEqualTo(new Command.Ack(List.of()));
        assertThat(Commands.decode("{\"type\":\"ack\",\"ids\":\"a\"}")).isEqualTo(new Command.Ack(List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"type\":7}", "{\"type\":\"later\"}", "{\"type\":null}"})
    void ignoresWhatALaterProtocolMayKnow(String text) {
        assertThat(Commands.decode(text)).isEqualTo(new Command.Unknown());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[]", "\"a\"", "1", "null", "{", "{\"type\":\"ping\"", "{\"type\":\"ping\"}}"})
    void refusesWhatIsNoObject(String text) {
        assertThat(Commands.decode(text)).isNull();
    }

    @Test
    void countsBytesAndNotCharacters() {
        assertThat(Commands.decode(padded(4_096, 'x'))).isEqualTo(new Command.Ping());
        assertThat(Commands.decode(padded(4_097, 'x'))).isNull();
        assertThat(Commands.decode(padded(2_100, 'é'))).isNull();
    }

    @Test
    void readsAHelloFromAnAddress() {
        assertThat(Commands.query(MultiMap.caseInsensitiveMultiMap())).isEqualTo(Command.Hello.SILENT);
        assertThat(Commands.query(MultiMap.caseInsensitiveMultiMap()
                        .add("namespaces", "/a,/b")
                        .add("resume", "r")
                        .add("positions", "{\"user\":\"1-2\",\"broadcast\":\"x\",\"topic:t\":3}")
                        .add("inbox", "true")))
                .isEqualTo(new Command.Hello(1, Set.of("/a", "/b"), "r", Map.of("user", new Position(1, 2)), true));
        assertThat(Commands.query(
                        MultiMap.caseInsensitiveMultiMap().add("namespaces", "").add("positions", "[")))
                .isEqualTo(new Command.Hello(1, Set.of(), null, Map.of(), false));
    }

    private static String padded(int length, char filling) {
        String head = "{\"type\":\"ping\",\"x\":\"";
        return head + String.valueOf(filling).repeat(length - head.length() - 2) + "\"}";
    }
}
