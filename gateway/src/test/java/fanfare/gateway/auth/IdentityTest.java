package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
    private final List<String> remarks = new ArrayList<>();

    private Identity parse(String body) {
        return Identity.parse(Buffer.buffer(body), remarks::add);
    }

    @Test
    void aFullAnswer() {
        assertThat(parse("{'user':'42','session':'s','info':{},'topics':['x','a:b'],'expires':1700000000}"
                        .replace('\'', '"')))
                .isEqualTo(new Identity("42", "s", List.of("x", "a:b"), 1_700_000_000_000L));
        assertThat(remarks).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "42,                       42",
        "-1,                       -1",
        "9007199254740993,         9007199254740993",
        "123456789012345678901234, 123456789012345678901234",
        "'\"a@b.example\"',        a@b.example",
    })
    void numbersBecomeText(String given, String user) {
        assertThat(parse("{\"user\":" + given + "}")).isEqualTo(new Identity(user, null, List.of(), Long.MAX_VALUE));
    }

    @Test
    void anonymousHearsBroadcastOnly() {
        assertThat(parse("{\"user\":null,\"session\":\"s\",\"topics\":[\"x\"],\"expires\":1.5}"))
                .isEqualTo(new Identity(null, null, List.of(), 1_500));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "42",
                "[]",
                "<html>please log in</html>",
                "{}",
                "{\"error\":\"x\"}",
                "{\"user\":\"42\"} trailing",
                "{\"user\":\"42\"",
                "{\"user\":true}",
                "{\"user\":4.2}",
                "{\"user\":4e1}",
                "{\"user\":{}}",
                "{\"user\":[\"42\"]}",
                "{\"user\":\"\"}",
                "{\"user\":\"a b\"}",
                "{\"user\":\"a\\n\"}",
                "{\"user\":\"\u00e4\"}",
                "{\"user\":\"42\",\"session\":{}}",
                "{\"user\":\"42\",\"session\":true}",
                "{\"user\":\"42\",\"session\":\"a\\n\"}",
                "{\"user\":\"42\",\"session\":\"\\ud800\"}",
            })
    void noUsableUserIsNobody(String body) {
        assertThatThrownBy(() -> parse(body)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lengthsAreBounded() {
        assertThat(parse("{\"user\":\"" + "u".repeat(128) + "\"}").user()).hasSize(128);
        assertThatThrownBy(() -> parse("{\"user\":\"" + "u".repeat(129) + "\"}"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(parse("{\"user\":\"1\",\"session\":\"\"}").session()).isNull();
        assertThat(parse("{\"user\":\"1\",\"session\":\"" + "s".repeat(1_024) + "\"}")
                        .session())
                .hasSize(1_024);
        assertThatThrownBy(() -> parse("{\"user\":\"1\",\"session\":\"" + "s".repeat(1_025) + "\"}"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> parse("[".repeat(60_000))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsNotATopicIsLeftOut() {
        assertThat(parse("{\"user\":\"1\",\"topics\":[\"x\",\"a b\",null,{},7,\"x\"]}")
                        .topics())
                .containsExactly("x", "7");
        assertThat(remarks).hasSize(3);
        assertThat(parse("{\"user\":\"1\",\"topics\":\"x\"}").topics()).isEmpty();
        assertThat(remarks).hasSize(4);
    }

    @Test
    void atMost32Topics() {
        String topics = IntStream.range(0, 40).mapToObj(i -> "\"t" + i + "\"").collect(Collectors.joining(","));
        assertThat(parse("{\"user\":\"1\",\"topics\":[" + topics + "]}").topics())
                .hasSize(32)
                .contains("t31");
        assertThat(remarks).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-5, -5000",
        "1e300, 9223372036854775807",
        "null, 9223372036854775807",
        "'\"1\"', 9223372036854775807"
    })
    void expiresIsInSeconds(String given, long expiresAtMs) {
        assertThat(parse("{\"user\":\"1\",\"expires\":" + given + "}").expiresAtMs())
                .isEqualTo(expiresAtMs);
    }
}
