package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthConfigTest {
    private static AuthConfig config(Map<String, String> values) {
        Env env = new Env(values);
        return env.check(AuthConfig.from(env));
    }

    @Test
    void onlyTheSiteMustBeNamed() {
        AuthConfig config = config(Map.of("FANFARE_SITE_AUTH_URL", "http://site/push/auth"));
        assertThat(config.siteAuthUrl()).isEqualTo(URI.create("http://site/push/auth"));
        assertThat(config.siteCookies()).isEmpty();
        assertThat(config.anonymous()).isEqualTo(AnonymousPolicy.DENY);
        assertThat(config.proxyProtocol()).isEqualTo(ProxyProtocol.OFF);
        assertThat(config.limits()).isEqualTo(AuthLimits.of(64, Duration.ofHours(1)));
        assertThat(config.handshakesPerAddressMax()).isEqualTo(200);
        assertThat(config.sessionsPerAddressMax()).isEqualTo(10_000);
        assertThat(config.bodyBytesPerAddressMax()).isEqualTo(16 * 1024 * 1024);
    }

    @Test
    void everySettingHasItsName() {
        AuthConfig config = config(Map.ofEntries(
                Map.entry("FANFARE_SITE_AUTH_URL", "https://site.example:8443/auth?push=1"),
                Map.entry("FANFARE_SITE_COOKIES", "PHPSESSID, remember"),
                Map.entry("FANFARE_ALLOWED_ORIGINS", "https://a.example"),
                Map.entry("FANFARE_ANONYMOUS", "allow"),
                Map.entry("FANFARE_TRUSTED_PROXIES", "127.0.0.1"),
                Map.entry("FANFARE_PROXY_PROTOCOL", "on"),
                Map.entry("FANFARE_AUTH_STALE_MAX", "2h"),
                Map.entry("FANFARE_AUTH_IN_FLIGHT_MAX", "8"),
                Map.entry("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "1"),
                Map.entry("FANFARE_SESSIONS_PER_ADDRESS_MAX", "2"),
                Map.entry("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", "3")));
        assertThat(config.siteCookies()).isEqualTo(Set.of("PHPSESSID", "remember"));
        assertThat(config.anonymous()).isEqualTo(AnonymousPolicy.ALLOW);
        assertThat(config.proxyProtocol()).isEqualTo(ProxyProtocol.ON);
        assertThat(config.limits()).isEqualTo(AuthLimits.of(8, Duration.ofHours(2)));
        assertThat(config.handshakesPerAddressMax()).isEqualTo(1);
        assertThat(config.sessionsPerAddressMax()).isEqualTo(2);
        assertThat(config.bodyBytesPerAddressMax()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "site/auth",
                "ftp://site/",
                "http:///auth",
                "http://u:p@site/",
                "http://site/#x",
                "http://a b/"
            })
    void aUrlThatCannotBeUsedIsNamed(String url) {
        assertThatThrownBy(() -> config(Map.of("FANFARE_SITE_AUTH_URL", url)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_SITE_AUTH_URL");
    }

    @Test
    void announcedAddressesNeedSomebodyToTrust() {
        Map<String, String> values = Map.of("FANFARE_SITE_AUTH_URL", "http://site/", "FANFARE_PROXY_PROTOCOL", "on");
        assertThatThrownBy(() -> config(values))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_PROXY_PROTOCOL is 'on': it needs FANFARE_TRUSTED_PROXIES");
    }

    @ParameterizedTest
    @CsvSource({
        "FANFARE_SITE_COOKIES,              a=1",
        "FANFARE_SITE_COOKIES,              a b",
        "FANFARE_ANONYMOUS,                 maybe",
        "FANFARE_PROXY_PROTOCOL,            v2",
        "FANFARE_AUTH_STALE_MAX,            1s",
        "FANFARE_AUTH_IN_FLIGHT_MAX,        0",
        "FANFARE_HANDSHAKES_PER_ADDRESS_MAX, -1",
    })
    void aMistakeIsNamed(String name, String value) {
        assertThatThrownBy(() -> config(Map.of("FANFARE_SITE_AUTH_URL", "http://site/", name, value)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(name);
    }
}
