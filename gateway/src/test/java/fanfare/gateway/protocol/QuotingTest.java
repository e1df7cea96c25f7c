package fanfare.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotingTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "200b, false", "200c, true", "200f, true", "2010, false", "2027, false", "2028, true", "202f, true",
                "2030, false", "205f, false", "2060, true", "206f, true", "2070, false", "ffef, false", "fff0, true",
                "ffff, true", "e000, false", "00e9, false"
            })
    void escapesInLowerCaseWhatTransportsChange(String hex, boolean escaped) {
        String text = "a" + (char) Integer.parseInt(hex, 16) + "b";
        assertThat(quote(text)).isEqualTo(escaped ? "\"a\\u" + hex + "b\"" : "\"" + text + "\"");
    }

    @Test
    void escapesWhatJsonAsksFor() {
        assertThat(quote("\"\\\n\u0000\u001f\u007f/")).isEqualTo("\"\\\"\\\\\\u000a\\u0000\\u001f\u007f/\"");
    }

    @Test
    void whatIsReadBackIsWhatWasWritten() {
        Random random = new Random(42);
        for (int run = 0; run < 2_000; run++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i > 0; i--) {
                int codePoint = random.nextInt(4) == 0 ? random.nextInt(0x110000) : random.nextInt(0x80);
                if (codePoint < 0xd800 || codePoint > 0xdfff) {
                    text.appendCodePoint(codePoint);
                }
            }
            assertThat(Json.decodeValue(quote(text.toString()))).isEqualTo(text.toString());
        }
    }

    private static String quote(String text) {
        return Quoting.quote(Buffer.buffer(text)).toString();
    }
}
