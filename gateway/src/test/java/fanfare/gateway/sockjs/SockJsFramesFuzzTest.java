package fanfare.gateway.sockjs;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Fuzz;
import io.vertx.core.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What browsers send, as far as SockJS wraps it. The time-out is for what would never end. */
@Timeout(120)
class SockJsFramesFuzzTest {
    private static final int BODY_LENGTH_MAX = 128 << 10;

    @Test
    void aBodyIsReadOrRefusedAndNeverGrows() {
        Fuzz.play(fuzz -> {
            String body = fuzz.text(
                    BODY_LENGTH_MAX,
                    "[\"{\\\"type\\\":\\\"hello\\\",\\\"protocol\\\":1}\",\"\\u2028\\ud83d\\ude00\"]",
                    "\"{\\\"type\\\":\\\"ping\\\"}\"",
                    "[\"a\",\"b\\\\c\",\"\"]",
                    "[[\"a\"]]",
                    "[1,true,null,{}]",
                    "[]");
            List<String> messages = SockJsFrames.messages(body);
            if (messages != null) {
                assertThat(messages.stream().mapToInt(String::length).sum() + messages.size())
                        .isLessThanOrEqualTo(body.length());
            }
        });
    }

    @Test
    void whateverTextsAreWrappedComeBack() {
        Fuzz.play(fuzz -> {
            List<String> texts = new ArrayList<>();
            for (int i = fuzz.number(4); i >= 0; i--) {
                texts.add(fuzz.text(1_000, "{\"type\":\"ping\"}"));
            }
            assertThat(SockJsFrames.messages(Json.encode(texts))).isEqualTo(texts);
        });
    }
}
