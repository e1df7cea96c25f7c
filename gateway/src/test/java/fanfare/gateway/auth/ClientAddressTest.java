package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private static ClientAddress trusting(String setting) {
        Env env = new Env(Map.of("FANFARE_TRUSTED_PROXIES", setting));
        return env.check(ClientAddress.from(env));
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3,        ,                                10.1.2.3",
        "10.1.2.3,        203.0.113.9,                     203.0.113.9",
        "10.1.2.3,        '6.6.6.6, 203.0.113.9',          203.0.113.9",
        "10.1.2.3,        '6.6.6.6, 203.0.113.9,10.9.9.9', 203.0.113.9",
        "10.1.2.3,        '10.7.7.7, 10.8.8.8',            10.7.7.7",
        "10.1.2.3,        '6.6.6.6, garbage',              10.1.2.3",
        "10.1.2.3,        '6.6.6.6, garbage, 10.9.9.9',    10.9.9.9",
        "10.1.2.3,        '6.6.6.6,, 10.9.9.9',            10.9.9.9",
        "10.1.2.3,        'localhost',                     10.1.2.3",
        "10.1.2.3,        ' , ',                           10.1.2.3",
        "10.1.2.3,        '203.0.113.9:5544',              203.0.113.9",
        "10.1.2.3,        '[2001:db8::1]:5544',            2001:db8::1",
        "10.1.2.3,        '2001:DB8:0::1',                 2001:db8::1",
        "10.1.2.3,        '::ffff:203.0.113.9',            203.0.113.9",
        "::ffff:10.1.2.3, 203.0.113.9,                     203.0.113.9",
        "fd00::1%eth0,    203.0.113.9,                     203.0.113.9",
        "198.51.100.1,    203.0.113.9,                     198.51.100.1",
        "11.1.2.3,        203.0.113.9,                     11.1.2.3",
        "fe00::1,         203.0.113.9,                     fe00::1",
        "nonsense,        203.0.113.9,                     0.0.0.0",
    })
    void theLastAddressThatIsNoProxyOfOurs(String peer, @Nullable String forwardedFor, String expected) {
        List<String> headers = forwardedFor == null ? List.of() : List.of(forwardedFor);
        String address = trusting("10.0.0.0/8, fd00::/8").of(peer, headers);
        assertThat(address).isEqualTo(expected);
    }

    @Test
    void severalHeadersAreOneList() {
        assertThat(trusting("10.0.0.0/8").of("10.1.1.1", List.of("6.6.6.6, 203.0.113.9", "10.2.2.2")))
                .isEqualTo("203.0.113.9");
    }

    @Test
    void nobodyIsTrustedUnlessTold() {
        assertThat(trusting("").of("127.0.0.1", List.of("203.0.113.9"))).isEqualTo("127.0.0.1");
    }

    @Test
    void aWholeKindOfAddressesMayBeTrusted() {
        assertThat(trusting("0.0.0.0/0").of("9.9.9.9", List.of("2001:db8::1"))).isEqualTo("2001:db8::1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0/33", "fd00::/129", "proxy.example", "10.0.0.1/8", "10.0.0/8", "::1/", "fd00::g", "*"})
    void aMistakeIsNamed(String entry) {
        assertThatThrownBy(() -> trusting("127.0.0.1," + entry))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_TRUSTED_PROXIES")
                .hasMessageContaining("'" + entry + "'");
    }
}
