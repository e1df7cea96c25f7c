package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotsTest {
    @Test
    void areThoseOfRedis() {
        // The check value of CRC-16/XMODEM, named by the Redis Cluster specification.
        assertThat(Slots.of("123456789")).isEqualTo(0x31c3 % Slots.COUNT);
    }

    @ParameterizedTest
    @CsvSource({"a{b}c, b", "{b}{c}, b", "a{}b, a{}b", "a{{b}}, {b", "a{b, a{b", "a}{b}, b"})
    void aTagDecides(String key, String tag) {
        assertThat(Slots.of(key)).isEqualTo(Slots.ofTag(tag));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8_191, 16_383})
    void eachHasANumberForATag(int slot) {
        assertThat(Slots.ofTag(Slots.tag(slot))).isEqualTo(slot);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "AbC-_09xyzAbC-_0"})
    void anIncarnationEndsInWhatPutsItBesideTheOthers(String id) {
        Keys keys = new Keys("fanfare:");
        String incarnation = keys.incarnation(id);
        assertThat(incarnation).startsWith(id).matches("[A-Za-z0-9_-]*");
        assertThat(Slots.of(keys.node(incarnation))).isEqualTo(Slots.of(keys.nodes()));
    }

    @Test
    void whatOneScriptTouchesIsInOneSlot() {
        Keys keys = new Keys("fanfare:");
        assertThat(Slots.of(keys.controlOnce("id")))
                .isEqualTo(Slots.of(keys.control()))
                .isEqualTo(Slots.of(keys.crowds()));
    }
}
