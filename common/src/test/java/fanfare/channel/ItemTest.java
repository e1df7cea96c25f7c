package fanfare.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ItemTest {
    @ParameterizedTest
    @CsvSource({"plain, /n", "with space, /ä ö", "100%, /a%20b+c", "%20, /"})
    void idsAndNamespacesComeBackAsTheyWere(String id, String namespace) {
        Item item = Item.parse(Buffer.buffer("1-2 1-1 3 4 " + Item.headerTail(id, namespace, 0) + "\n{\"data\":1}"));
        assertThat(item.id()).isEqualTo(id);
        assertThat(item.namespace()).isEqualTo(namespace);
        assertThat(item.event().toString()).isEqualTo("{\"position\":\"1-2\",\"data\":1}");
        assertThat(item.prev()).isEqualTo(new Position(1, 1));
    }

    @Test
    void aReceiptIsASeventhWordAndNoneIsNone() {
        assertThat(Item.headerTail("i", "/n", 0)).isEqualTo("i %2Fn");
        assertThat(Item.headerTail("i", "/n", 90)).isEqualTo("i %2Fn 90");
        assertThat(Item.parse(Buffer.buffer("1-1 - 3 4 i %2Fn 90\n{}")).receiptSeconds())
                .isEqualTo(90);
        assertThat(Item.parse(Buffer.buffer("1-1 - 3 4 i %2Fn\n{}")).receiptSeconds())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1-1 - 1 1 i /n",
                "1-1 - 1 1 i\n{}",
                "x - 1 1 i /n\n{}",
                "1-1 y 1 1 i /n\n{}",
                "1-1 - z 1 i /n\n{}",
                "1-1 - 1 1 i /n\n[]",
                "1-1 - 1 1 i /n\n",
                "1-1 - 1 1 i /n x\n{}",
                "1-1 - 1 1 i /n 9 9\n{}",
                "1-1 - 1 1 %zz /n\n{}"
            })
    void whatIsNoItemIsSaidSo(String bytes) {
        assertThatThrownBy(() -> Item.parse(Buffer.buffer(bytes))).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "1", "1-", "-1", "a-b", "1-1-1", "1--1", "99999999999999999999-1"})
    void whatIsNoPositionIsNull(String text) {
        assertThat(Position.parse(text)).isNull();
    }

    @Test
    void positionsOfDifferentGenerationsAreNotCompared() {
        assertThat(new Position(1, 5).isAtMost(new Position(1, 5))).isTrue();
        assertThat(new Position(1, 6).isAtMost(new Position(1, 5))).isFalse();
        assertThat(new Position(1, 1).isAtMost(new Position(2, 5))).isFalse();
    }
}
