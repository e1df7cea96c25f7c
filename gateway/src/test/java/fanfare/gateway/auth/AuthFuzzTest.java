package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.testing.Fuzz;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Headers that decide who may come in, whatever stands in them. The time-out is for what would never end. */
@Timeout(120)
class AuthFuzzTest {
    /** As much as a request's head may hold. */
    private static final int HEADER_LENGTH_MAX = 16 << 10;

    private static final String[] ORIGINS = {
        "https://a.example", "http://sub.b.example:8080", "https://[::1]:8443", "http://127.0.0.1:8000", "null"
    };
    private static final String[] HOSTS = {"site.example:8080", "[::ffff:1.2.3.4]:80", "127.0.0.1", "site.example."};
    private static final String[] HOPS = {
        "203.0.113.9", "6.6.6.6, 10.9.9.9:5544", "[2001:db8::1]:5544", "::ffff:203.0.113.9", "fe80::1%eth0", "10.1.1.1"
    };
    private static final Set<String> SITE_COOKIES = Set.of("session", "lang");

    @Test
    void anOriginIsReadInOneSpellingOrNotAtAll() {
        Fuzz.play(fuzz -> {
            Origin origin = Origin.parse(fuzz.text(HEADER_LENGTH_MAX, ORIGINS));
            if (origin != null) {
                assertThat(origin.scheme()).isIn("http", "https");
                assertThat(origin.port()).isBetween(0, 65_535);
                assertThat(origin.host()).matches("[a-z0-9._-]{1,253}|\\[[0-9a-f:.]{2,45}]");
                String again = origin.scheme() + "://" + origin.host() + ":" + origin.port();
                assertThat(Origin.parse(again)).isEqualTo(origin);
            }
        });
    }

    @Test
    void whoeverIsLetInNamesAnOriginThatIsAllowed() {
        Origins sameHost = Origins.from(new Env(Map.of()));
        Origins listed =
                Origins.from(new Env(Map.of("FANFARE_ALLOWED_ORIGINS", "https://a.example,https://*.b.example")));
        Fuzz.play(fuzz -> {
            String host = fuzz.text(1_000, HOSTS);
            String origin =
                    fuzz.text(HEADER_LENGTH_MAX, "https://a.example", "https://x.b.example", "http://site.example");
            Origin named = Origin.parse(origin);
            assertThat(sameHost.check(host, origin, null, null).allowed())
                    .isEqualTo(named != null && named.host().equals(HostName.of(host)));
            boolean isListed = named != null
                    && named.scheme().equals("https")
                    && named.port() == 443
                    && (named.host().equals("a.example") || named.host().endsWith(".b.example"));
            assertThat(listed.check(host, origin, null, null).allowed()).isEqualTo(isListed);
            String referer = fuzz.text(HEADER_LENGTH_MAX, "https://evil.example/https://a.example", "//a.example");
            Origin referred = Origin.ofReferrer(referer);
            if (listed.check(host, null, fuzz.text(100, "cross-site", "same-origin"), referer)
                    .allowed()) {
                assertThat(referred).isNotNull();
            }
        });
    }

    @Test
    void onlyWholeCookiesOfTheSiteGoOnAndNoMoreThanFit() {
        Fuzz.play(fuzz -> {
            List<String> lines =
                    lines(fuzz, "session=abc; lang=de; other=1", "session=\"a b\";lang", "a=b=c;; session=");
            String kept = Credentials.cookies(lines, SITE_COOKIES);
            if (kept != null) {
                assertThat(kept).hasSizeBetween(1, 16 << 10).doesNotContain("\r", "\n", "\0");
                for (String cookie : kept.split("; ", -1)) {
                    assertThat(cookie.split("=", 2)[0].strip()).isIn(SITE_COOKIES);
                }
            }
        });
    }

    @Test
    void aClientAddressIsAnAddress() {
        Env env = new Env(Map.of("FANFARE_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8,fe80::/10"));
        ClientAddress addresses = ClientAddress.from(env);
        Fuzz.play(fuzz -> {
            String peer = fuzz.oneOf("10.1.2.3", "fd00::1%eth0", "203.0.113.9", fuzz.text(100, HOPS));
            String address = addresses.of(peer, lines(fuzz, HOPS));
            assertThat(address).hasSizeLessThanOrEqualTo(45).matches("[0-9a-f:.]+");
            assertThat(addresses.of(address, List.of())).isEqualTo(address);
        });
    }

    @Test
    void aSettingIsTakenOrItsMistakeIsNamed() {
        Fuzz.play(fuzz -> {
            refuses(
                    "FANFARE_ALLOWED_ORIGINS",
                    fuzz.text(1_000, "https://a.example, https://*.b.example"),
                    Origins::from);
            refuses("FANFARE_TRUSTED_PROXIES", fuzz.text(1_000, "10.0.0.0/8, fd00::/8, ::1"), ClientAddress::from);
        });
    }

    private static void refuses(String setting, String value, Function<Env, Object> reader) {
        Env env = new Env(Map.of(setting, value));
        try {
            env.check(reader.apply(env));
        } catch (ConfigException e) {
            assertThat(e).hasMessageContaining(setting);
        }
    }

    private static List<String> lines(Fuzz fuzz, String... valid) {
        List<String> lines = new ArrayList<>();
        for (int i = fuzz.number(4); i > 0; i--) {
            lines.add(fuzz.text(HEADER_LENGTH_MAX / 4, valid));
        }
        return lines;
    }
}
