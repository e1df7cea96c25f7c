package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RawHttp;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page for a hidden frame, through which sockjs-client gets around what its own page may not do. */
class IframePageIT {
    private static Cluster cluster;
    private static int port;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(1);
        port = cluster.port(0);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/push/iframe.html",
                "/push/iframe-a.html",
                "/push/iframe-.html",
                "/push/iframe-0.1.2.html",
                "/push/iframe-0.1.2abc-dirty.2144.html",
                "/push/iframe-a_b.html",
                "/push/iframe-a.html?t=qr35d1x9"
            })
    void isServedUnderAnyVersion(String path) {
        RawHttp.Answer answer = RawHttp.get(port, path);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("text/html; charset=UTF-8");
        assertThat(answer.body())
                .isEqualTo(RawHttp.get(port, "/push/iframe.html").body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/push/iframe.htm",
                "/push/iframe",
                "/push/IFRAME.HTML",
                "/push/IFRAME",
                "/push/iframe.HTML",
                "/push/iframe.xml",
                "/push/iframe-/.html",
                "/push/iframe-a/b.html",
                "/push/iframe.html/",
                "/push/an-iframe.html",
                "/iframe.html"
            })
    void otherPathsAreNotFound(String path) {
        assertThat(RawHttp.get(port, path).status()).isEqualTo(404);
    }

    @Test
    void loadsTheClientAndHandsOverToIt() {
        String page = RawHttp.get(port, "/push/iframe.html").body();
        assertThat(page).startsWith("<!doctype html>").contains("SockJS.bootstrap_iframe()");
        // Relative to the page, so that it holds behind a proxy that puts both under a path.
        assertThat(page).contains("<script src=\"../client/sockjs.min.js\">");
        RawHttp.Answer script = RawHttp.get(port, "/client/sockjs.min.js");
        assertThat(script.status()).isEqualTo(200);
        // The page is kept for a year, and may load another version then than the page around it did.
        assertThat(script.header("Cache-Control")).contains("no-cache");
        assertThat(script.header("ETag")).isNotNull();
    }

    @Test
    void isKeptForAYear() {
        RawHttp.Answer answer = RawHttp.get(port, "/push/iframe.html");
        assertThat(answer.header("Cache-Control"))
                .contains("public", "max-age=31536000")
                .doesNotContain("no-");
        assertThat(answer.head().lines().stream().filter(line -> line.startsWith("Cache-Control:")))
                .hasSize(1);
        assertThat(answer.header("Set-Cookie")).isNull();
        String etag = answer.header("ETag");
        assertThat(etag).matches("\"[^\"]+\"");
        assertThat(RawHttp.get(port, "/push/iframe-1.6.1.html").header("ETag")).isEqualTo(etag);
        RawHttp.Answer again = RawHttp.get(port, "/push/iframe.html", "If-None-Match: " + etag);
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.header("Content-Type")).isNull();
        assertThat(again.header("ETag")).isEqualTo(etag);
        assertThat(again.body()).isEmpty();
        // A proxy that compresses weakens the tag.
        assertThat(RawHttp.get(port, "/push/iframe.html", "If-None-Match: \"other\", W/" + etag)
                        .status())
                .isEqualTo(304);
        assertThat(RawHttp.get(port, "/push/iframe.html", "If-None-Match: \"other\"")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/push/iframe.html", "/client/sockjs.min.js"})
    void mayStandInAnyPage(String path) {
        RawHttp.Answer answer = RawHttp.get(port, path);
        for (String header : new String[] {
            "X-Frame-Options",
            "Content-Security-Policy",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Embedder-Policy",
            "Cross-Origin-Resource-Policy"
        }) {
            assertThat(answer.header(header)).as(header).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Referer: http://evil.example/page",
                "Origin: http://evil.example"
            })
    void isKeptFromForeignPages(String header) {
        RawHttp.Answer answer = RawHttp.get(port, "/push/iframe.html", header);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.body()).doesNotContain("bootstrap_iframe");
        RawHttp.Answer cached = RawHttp.get(
                port,
                "/push/iframe.html",
                header,
                "If-None-Match: " + RawHttp.get(port, "/push/iframe.html").header("ETag"));
        assertThat(cached.status()).isEqualTo(403);
    }

    @Test
    void knowsThePagesThatMayUseIt() {
        Map<String, String> settings = Map.of("FANFARE_ALLOWED_ORIGINS", "https://shop.example,https://*.cdn.example");
        try (Cluster listed = Cluster.of(1, settings)) {
            // The page may come out of a browser's cache, unasked: then it judges for itself, by what is asked for
            // anew.
            RawHttp.Answer rule = RawHttp.get(listed.port(0), "/push/iframe.js");
            assertThat(rule.body()).contains("[\"https://shop.example\",\"https://*.cdn.example\"]");
            assertThat(rule.header("Cache-Control")).contains("no-cache");
            assertThat(RawHttp.get(listed.port(0), "/push/iframe.js", "If-None-Match: " + rule.header("ETag"))
                            .status())
                    .isEqualTo(304);
            assertThat(RawHttp.get(listed.port(0), "/push/iframe.html", "Referer: https://a.cdn.example/")
                            .status())
                    .isEqualTo(200);
            assertThat(RawHttp.get(listed.port(0), "/push/iframe.html", "Referer: http://127.0.0.1:8000/")
                            .status())
                    .isEqualTo(403);
        }
    }
}
