package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import io.vertx.core.MultiMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginsTest {
    private static final String LISTED = "https://a.example, http://b.example:8080, https://*.example.com";

    private static Origins origins(String setting) {
        Env env = new Env(Map.of("FANFARE_ALLOWED_ORIGINS", setting));
        return env.check(Origins.from(env));
    }

    private static boolean isAllowed(String setting, @Nullable String host, String origin) {
        return origins(setting).check(host, origin, null, null).allowed();
    }

    @ParameterizedTest
    @CsvSource({
        "site.example,        https://site.example,         true",
        "site.example:8081,   http://site.example:8080,     true",
        "SITE.example,        http://Site.Example,          true",
        "site.example.,       http://site.example,          true",
        "[::1]:8080,          http://[::1]:8000,            true",
        "[0:0:0:0:0:0:0:1],   http://[::1]:8000,            true",
        "127.0.0.1:8080,      http://127.0.0.1:8000,        true",
        "site.example,        https://evil.example,         false",
        "site.example,        https://sub.site.example,     false",
        "site.example,        https://evilsite.example,     false",
        "site.example,        https://site.example.evil,    false",
        "site.example,        https://site.example@evil,    false",
        "site.example,        https://evil@site.example,    false",
        "site.example,        https://site.example/,        false",
        "site.example,        https://evil#site.example,    false",
        "site.example,        https://evil\\@site.example,  false",
        "site.example,        'https://site.example evil',  false",
        "site.example,        file://site.example,          false",
        "site.example,        site.example,                 false",
        "site.example,        null,                         false",
        "site.example,        '',                           false",
        "site.example,        https://site.example:99999,   false",
        "site.example,        https://site.example:1:2,     false",
        "site..example,       https://site..example,        false",
        "[::1,                http://[::1,                  false",
        "a@b,                 http://a@b,                   false",
        "' ',                 http:// ,                     false",
    })
    void withoutAListTheHostNameMustBeTheSame(String host, String origin, boolean allowed) {
        assertThat(isAllowed("", host, origin)).isEqualTo(allowed);
    }

    @Test
    void withoutAHostNobodyIsTheSame() {
        assertThat(isAllowed("", null, "https://site.example")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example,             true",
        "https://a.example:443,         true",
        "https://A.Example,             true",
        "http://b.example:8080,         true",
        "https://x.example.com,         true",
        "https://x.y.example.com,       true",
        "http://a.example,              false",
        "https://a.example:8443,        false",
        "http://b.example,              false",
        "https://example.com,           false",
        "https://.example.com,          false",
        "https://evilexample.com,       false",
        "https://x.example.com.evil,    false",
        "https://x.example.com:444,     false",
        "http://x.example.com,          false",
        "https://gateway.example,       false",
        "null,                          false",
    })
    void aListIsAllThatCounts(String origin, boolean allowed) {
        assertThat(isAllowed(LISTED, "gateway.example", origin)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource({
        "https://gateway.example, same-origin, ,                                             true",
        ",                        same-origin, https://gateway.example/push/iframe.html,     true",
        "https://gateway.example, ,            ,                                             false",
        "https://gateway.example, same-site,   ,                                             false",
        ",                        cross-site,  https://gateway.example/push/iframe.html,     false",
        ",                        ,            https://gateway.example/push/iframe.html,     false",
        "https://evil.example,    same-origin, ,                                             false",
        ",                        same-origin, https://evil.example/,                        false",
    })
    void theGatewaysOwnPageNeedNotBeListedWhereTheBrowserSaysThatItIs(
            @Nullable String origin, @Nullable String secFetchSite, @Nullable String referer, boolean allowed) {
        Origins.Verdict verdict = origins(LISTED).check("gateway.example", origin, secFetchSite, referer);
        assertThat(verdict.allowed()).isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource({
        ",            ,                              true",
        "none,        ,                              true",
        "same-origin, ,                              true",
        "same-site,   ,                              false",
        "cross-site,  ,                              false",
        "anything,    ,                              false",
        ",            https://site.example/page?a=b, true",
        "cross-site,  https://site.example/page,     true",
        ",            https://site.example,          true",
        ",            https://evil.example/,         false",
        "same-origin, https://evil.example/,         false",
        ",            https://site.example@evil/,    false",
        ",            about:client,                  false",
        ",            '',                            false",
    })
    void withoutAnOriginTheReferrerCounts(@Nullable String secFetchSite, @Nullable String referer, boolean allowed) {
        Origins.Verdict verdict = origins("").check("site.example", null, secFetchSite, referer);
        assertThat(verdict.allowed()).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "a.example",
                "https://a.example/",
                "https://*",
                "https://*.com",
                "https://a.*.com",
                "null",
                "ftp://a.example",
                "https://user@a.example",
                "https://a.example:x",
                "https://*.[::1]"
            })
    void aMistakeInTheListIsNamed(String entry) {
        assertThatThrownBy(() -> origins("https://a.example," + entry))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_ALLOWED_ORIGINS")
                .hasMessageContaining("'" + entry + "' is neither");
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example,    false, https://a.example, true",
        "https://a.example,    true,  https://a.example, true",
        "https://evil.example, false, ,                  ",
        "https://evil.example, true,  ,                  ",
        "null,                 false, ,                  ",
        "null,                 true,  null,              true",
        ",                     false, *,                 ",
        ",                     true,  *,                 ",
    })
    void corsNamesWhoMayRead(
            @Nullable String origin, boolean open, @Nullable String allowOrigin, @Nullable String credentials) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        origins(LISTED).check("gateway.example", origin, null, null).cors(headers, open);
        assertThat(headers.get("Access-Control-Allow-Origin")).isEqualTo(allowOrigin);
        assertThat(headers.get("Access-Control-Allow-Credentials")).isEqualTo(credentials);
        assertThat(headers.get("Vary")).isEqualTo("Origin");
    }

    @Test
    void aRefusedReferrerGetsNoCorsHeaders() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        origins("").check("site.example", null, "cross-site", null).cors(headers, false);
        assertThat(headers.contains("Access-Control-Allow-Origin")).isFalse();
    }
}
