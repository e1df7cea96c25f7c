package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RawHttp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages may connect: a foreign page must not use a visitor's cookies here. */
class OriginIT {
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

    /** Headers of pages that have no business here; Host is 127.0.0.1. */
    static Stream<String> foreign() {
        return Stream.of(
                "Origin: http://evil.example",
                "Origin: null",
                "Origin: http://127.0.0.1.evil.example",
                "Origin: http://evil.example:8081",
                "Origin: http://127.0.0.1@evil.example",
                "Origin: http://evil.example/127.0.0.1",
                "Origin: http://evil.example#127.0.0.1",
                "Origin: file://",
                "Origin: ://",
                "Origin: 127.0.0.1",
                "Origin: *",
                "Origin: http://127.0.0.1 http://evil.example",
                "Origin: http://\u0131.example",
                "Origin: " + "x".repeat(2_000),
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: nonsense",
                "Referer: http://evil.example/page",
                "Referer: nonsense");
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void foreignPagesAreRefusedOnEverySessionRequest(String header) {
        // A login of its own: of those that other tests let in, the site may be asked at any time.
        String stranger = "Cookie: site_session=stranger";
        for (String path : List.of("xhr", "xhr_streaming", "xhr_send", "jsonp_send")) {
            assertRefused(
                    path, RawHttp.post(port, RawSession.of(port, "stranger").path(path), "[\"{}\"]", header, stranger));
        }
        for (String path : List.of("eventsource", "htmlfile?c=a", "jsonp?c=a")) {
            assertRefused(
                    path, RawHttp.get(port, RawSession.of(port, "stranger").path(path), header, stranger));
        }
        assertRefused("events", RawHttp.get(port, "/events", header, stranger));
        for (String path : List.of(RawSession.of(port, "stranger").path("websocket"), "/push/websocket")) {
            assertThat(upgrade(path, header, stranger).status()).as(path).isEqualTo(403);
        }
        assertThat(cluster.site().requests("stranger")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: http://127.0.0.1",
                "Origin: http://127.0.0.1:8000",
                "Origin: https://127.0.0.1:65535",
                "Sec-Fetch-Site: same-origin",
                "Sec-Fetch-Site: none",
                "Referer: http://127.0.0.1:8000/page?x=http://evil.example",
                "X-Unrelated: neither header is there, so this is no browser"
            })
    void pagesOfTheSameHostMayConnect(String header) {
        assertThat(RawHttp.post(port, RawSession.of(port, "alice").path("xhr"), "", header, cookie())
                        .body())
                .isEqualTo("o\n");
        assertThat(RawHttp.get(port, RawSession.of(port, "alice").path(SockJsForm.JSONP.path), header, cookie())
                        .body())
                .isEqualTo(SockJsForm.JSONP.wire("o"));
        for (String path : List.of(RawSession.of(port, "alice").path("websocket"), "/push/websocket")) {
            assertThat(upgrade(path, header, cookie()).status()).isEqualTo(101);
        }
    }

    @Test
    void anAllowedOriginIsNamedAndAnUnknownOneIsNot() {
        RawHttp.Answer allowed = poll("Origin: http://127.0.0.1:8000");
        assertThat(allowed.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
        assertThat(allowed.header("Access-Control-Allow-Credentials")).isEqualTo("true");
        assertThat(allowed.header("Vary")).containsIgnoringCase("Origin");
        RawHttp.Answer none = poll("X-Unrelated: 1");
        assertThat(none.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(none.header("Access-Control-Allow-Credentials")).isNull();
    }

    @Test
    void theNullOriginIsNamedOnInfoAndOptionsOnly() {
        assertThat(RawHttp.get(port, "/push/info", "Origin: null").header("Access-Control-Allow-Origin"))
                .isEqualTo("null");
        try (RawHttp http = RawHttp.to(port)) {
            RawHttp.Answer answer = http.request("OPTIONS", "/push/000/s/xhr", "", "Origin: null")
                    .answer();
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("null");
        }
        assertThat(poll("Origin: null").header("Access-Control-Allow-Origin")).isNull();
    }

    @Test
    void aListOfOriginsReplacesTheDefault() {
        Map<String, String> settings =
                Map.of("FANFARE_ALLOWED_ORIGINS", "https://shop.example,https://*.cdn.example,http://dev.example:3000");
        try (Cluster listed = Cluster.of(1, settings)) {
            Map<String, Integer> expected = Map.ofEntries(
                    Map.entry("https://shop.example", 200),
                    Map.entry("https://SHOP.example", 200),
                    Map.entry("https://a.cdn.example", 200),
                    Map.entry("http://dev.example:3000", 200),
                    Map.entry("http://dev.example", 403),
                    Map.entry("http://shop.example", 403),
                    Map.entry("https://shop.example:444", 403),
                    Map.entry("https://cdn.example", 403),
                    Map.entry("https://evilcdn.example", 403),
                    Map.entry("https://a.cdn.example.evil.example", 403),
                    Map.entry("http://127.0.0.1:8000", 403));
            List<String> wrong = new ArrayList<>();
            expected.forEach((origin, status) -> {
                int answered = RawHttp.post(
                                listed.port(0),
                                RawSession.of(port, "alice").path("xhr"),
                                "",
                                "Origin: " + origin,
                                cookie())
                        .status();
                if (answered != status) {
                    wrong.add(origin + " was answered " + answered);
                }
            });
            assertThat(wrong).isEmpty();
        }
    }

    @Test
    void theDefaultGoesByTheHostNameThatTheBrowserUsed() {
        RawHttp.Answer answer = RawHttp.post(
                port,
                RawSession.of(port, "alice").path("xhr"),
                "",
                "Host: push.shop.example:8080",
                "Origin: http://push.shop.example",
                cookie());
        assertThat(answer.body()).isEqualTo("o\n");
    }

    private static void assertRefused(String path, RawHttp.Answer answer) {
        assertThat(answer.status()).as(path).isEqualTo(403);
        assertThat(answer.header("Access-Control-Allow-Origin")).as(path).isNull();
        assertThat(answer.header("Access-Control-Allow-Credentials")).as(path).isNull();
    }

    private static RawHttp.Answer poll(String header) {
        return RawHttp.post(port, RawSession.of(port, "alice").path("xhr"), "", header, cookie());
    }

    private static RawHttp.Head upgrade(String path, String header, String cookie) {
        try (RawHttp http = RawHttp.to(port)) {
            return http.request(
                            "GET",
                            path,
                            "",
                            header,
                            cookie,
                            "Upgrade: websocket",
                            "Connection: Upgrade",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
                    .head();
        }
    }

    private static String cookie() {
        return "Cookie: site_session=alice";
    }
}
