package fanfare.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DisconnectTest {
    @Test
    void whatIsWrittenIsRead() {
        for (Disconnect order : List.of(
                new Disconnect("42", null, 4103, "", List.of()),
                new Disconnect("a|b", "s1", 4102, "logged \"out\" ä", List.of("c1", "c2")))) {
            assertThat(Disconnect.parse(order.toJson())).isEqualTo(order);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no",
                "[]",
                "null",
                "{}",
                "{\"type\":\"drain\",\"user\":\"42\",\"code\":4103}",
                "{\"type\":\"disconnect\",\"code\":4103}",
                "{\"type\":\"disconnect\",\"user\":\"42\"}",
                "{\"type\":\"disconnect\",\"user\":\"42\",\"code\":\"x\"}",
            })
    void whatIsNoSuchOrderIsNone(String text) {
        assertThat(Disconnect.parse(text)).isNull();
    }
}
