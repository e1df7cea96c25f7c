package fanfare.publisher.disconnect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import fanfare.control.Disconnect;
import fanfare.http.ProblemException;
import fanfare.publisher.json.JsonBody;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisconnectRequestTest {
    @Test
    void onlyTheUserIsNeeded() {
        assertThat(parse("'user':'42'"))
                .isEqualTo(new Disconnect("42", null, 4103, "disconnected by the site", List.of()));
    }

    @Test
    void everyFieldIsTaken() {
        assertThat(parse("'user':'42','session':'s','code':4102,'reason':'bye','except':['c1','c2']"))
                .isEqualTo(new Disconnect("42", "s", 4102, "bye", List.of("c1", "c2")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "user | 'code':4103",
                "user | 'user':42",
                "user | 'user':'a b'",
                "session | 'session':''",
                "session | 'session':1",
                "session | 'session':'a\\n'",
                "code | 'code':4099",
                "code | 'code':4200",
                "code | 'code':'4103'",
                "reason | 'reason':'\\n'",
                "reason | 'reason':null",
                "except | 'except':'c'",
                "except[1] | 'except':['c',2]"
            })
    void everyRefusalNamesTheField(String field, String fields) {
        assertThat(catchThrowableOfType(ProblemException.class, () -> parse(fields))
                        .toJson()
                        .getString("field"))
                .isEqualTo(field);
    }

    @Test
    void aSessionMayBeALongToken() {
        assertThat(parse("'user':'42','session':'" + "s".repeat(1_024) + "'").session())
                .hasSize(1_024);
        assertThatThrownBy(() -> parse("'user':'42','session':'" + "s".repeat(1_025) + "'"))
                .isInstanceOf(ProblemException.class);
    }

    private static Disconnect parse(String fields) {
        return DisconnectRequest.parse(JsonBody.of(Buffer.buffer("{" + fields.replace('\'', '"') + "}")));
    }
}
