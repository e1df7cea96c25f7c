package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.RawHttp;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SockJS {@code eventsource} and {@code htmlfile} on the wire, beside what they share with the other transports. */
class SockJsStreamsIT {
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

    @Test
    void anEventStreamBeginsWithALineBreak() {
        try (RawHttp stream = RawSession.of(port, "alice").receive(SockJsForm.EVENTSOURCE)) {
            RawHttp.Head head = stream.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Type")).startsWith("text/event-stream");
            assertThat(head.header("Cache-Control")).contains("no-store", "no-cache");
            assertThat(head.header("X-Accel-Buffering")).isEqualTo("no");
            assertThat(head.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(new Chunks(stream).upTo("\r\ndata: o\r\n\r\n".length())).isEqualTo("\r\ndata: o\r\n\r\n");
        }
    }

    @Test
    void percentSignsAreEscapedInAnEventStream() {
        RawSession session = RawSession.of(port, "percent").opened();
        try (RawHttp stream = session.receive(SockJsForm.EVENTSOURCE)) {
            stream.head();
            Chunks chunks = new Chunks(stream);
            SockJsForm.EVENTSOURCE.prelude(chunks);
            cluster.publish(Channel.user("percent"), "%", "\"100% %41 %25 %zz %\"");
            String event = SockJsForm.EVENTSOURCE.next(chunks);
            assertThat(event)
                    .startsWith("data: a[\"")
                    .contains("\\\"event\\\":\\\"%25\\\"")
                    .contains("\\\"data\\\":\\\"100%25 %2541 %2525 %25zz %25\\\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u2028\u2029", "\ud83d\ude00", "\u00e9\u4e2d", "\\r\\n\\n\\u0000\\t", "\\ud800 \\udfff"})
    void aFrameStaysOneLineOfAnEventStream(String text) {
        RawSession session = RawSession.of(port, "line").opened();
        try (RawHttp stream = session.receive(SockJsForm.EVENTSOURCE)) {
            stream.head();
            Chunks chunks = new Chunks(stream);
            SockJsForm.EVENTSOURCE.prelude(chunks);
            cluster.publish(Channel.user("line"), "text", "\"" + text + "\"");
            String event = SockJsForm.EVENTSOURCE.next(chunks);
            assertThat(event.strip())
                    .startsWith("data: a[")
                    .endsWith("]")
                    .doesNotContain("\n", "\r", "\u2028", "\u2029");
        }
    }

    /** Browsers send no cookies there to another origin, unless asked to; sockjs-client does not ask. */
    @Test
    void anEventStreamOfAnotherOriginWithoutCookiesIsTurnedAway() {
        for (String origin :
                new String[] {"http://127.0.0.1:8000", "http://127.0.0.1:" + port, "http://evil.example"}) {
            RawHttp.Answer answer =
                    RawHttp.get(port, "/push/000/" + UUID.randomUUID() + "/eventsource", "Origin: " + origin);
            assertThat(answer.status()).as(origin).isEqualTo(401);
        }
        try (Cluster open = Cluster.of(1, Map.of("FANFARE_ANONYMOUS", "allow"))) {
            String path = "/push/000/" + UUID.randomUUID() + "/eventsource";
            assertThat(RawHttp.get(open.port(0), path, "Origin: http://127.0.0.1:8000")
                            .status())
                    .isEqualTo(401);
            assertThat(open.site().requests()).isEmpty();
        }
    }

    /** It was asked to lend its cookies: that the site's is not among them says that this is a visitor. */
    @Test
    void anEventStreamWithCookiesThatTheSiteDoesNotWantIsAVisitors() {
        try (Cluster open =
                        Cluster.of(1, Map.of("FANFARE_ANONYMOUS", "allow", "FANFARE_SITE_COOKIES", "site_session"));
                RawHttp stream = RawHttp.to(open.port(0))) {
            String path = "/push/000/" + UUID.randomUUID() + "/eventsource";
            stream.request("GET", path, "", "Origin: http://127.0.0.1:8000", "Cookie: other=1");
            assertThat(stream.head().status()).isEqualTo(200);
        }
    }

    @Test
    void anEventStreamOfAnotherOriginWithCookiesIsServed() {
        try (RawHttp stream = RawHttp.to(port)) {
            stream.request(
                    "GET",
                    RawSession.of(port, "alice").path("eventsource"),
                    "",
                    "Cookie: site_session=alice",
                    "Origin: http://127.0.0.1:8000");
            RawHttp.Head head = stream.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
            assertThat(head.header("Access-Control-Allow-Credentials")).isEqualTo("true");
        }
    }

    @Test
    void aPageOfScriptsBeginsWithMoreThanAKibibyte() {
        try (RawHttp stream = RawSession.of(port, "alice").receive(SockJsForm.HTMLFILE)) {
            RawHttp.Head head = stream.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Type")).isEqualToIgnoringCase("text/html; charset=UTF-8");
            assertThat(head.header("Cache-Control")).contains("no-store", "no-cache");
            assertThat(head.header("X-Accel-Buffering")).isEqualTo("no");
            Chunks chunks = new Chunks(stream);
            String page = SockJsForm.HTMLFILE.prelude(chunks);
            assertThat(page)
                    .startsWith("<!doctype html>")
                    .contains("parent._jp.abc;")
                    .hasSizeGreaterThan(1_024);
            assertThat(SockJsForm.HTMLFILE.next(chunks)).isEqualTo("<script>\np(\"o\");\n</script>\r\n");
        }
    }

    @Test
    void noTextEndsAScriptOfThePage() {
        RawSession session = RawSession.of(port, "markup").opened();
        try (RawHttp stream = session.receive(SockJsForm.HTMLFILE)) {
            stream.head();
            Chunks chunks = new Chunks(stream);
            SockJsForm.HTMLFILE.prelude(chunks);
            String data = "\"</script><!-- --><script>alert(1)</SCRIPT> ]]>\"";
            cluster.publish(Channel.user("markup"), Cluster.publication("</", "<!--", data));
            String part = SockJsForm.HTMLFILE.next(chunks);
            String call =
                    part.substring("<script>\np(".length(), part.length() - SockJsForm.HTMLFILE.frameEnd.length());
            assertThat(call).doesNotContain("</", "<!--", "<script");
            String frame = (String) Json.decodeValue(call);
            assertThat(frame).startsWith("a[\"");
            String message = new JsonArray(frame.substring(1)).getString(0);
            assertThat(message).contains("\"data\":" + data);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTMLFILE", "JSONP"})
    void aCallbackIsRequired(SockJsForm form) {
        for (String query : new String[] {"", "?", "?c", "?c=", "?callback=a"}) {
            RawHttp.Answer answer = refused(form, query);
            assertThat(answer.status()).as(query).isEqualTo(500);
            assertThat(answer.body()).as(query).isEqualTo("\"callback\" parameter required");
            assertThat(answer.header("Content-Type")).startsWith("text/plain");
            assertThat(answer.header("Cache-Control")).contains("no-store");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTMLFILE", "JSONP"})
    void aCallbackMustBeAName(SockJsForm form) {
        String[] names = {
            "%20",
            "*",
            "abc(",
            "abc%28",
            "%3Cscript",
            "a%3Cscript%3E",
            "a%0D%0Ab",
            "a%2Fb",
            "%C3%A9",
            "a%00",
            "a".repeat(129),
            "a+b",
            "a%5B0%5D",
            "a-b"
        };
        for (String name : names) {
            RawHttp.Answer answer = refused(form, "?c=" + name);
            assertThat(answer.status()).as(name).isEqualTo(500);
            assertThat(answer.body()).as(name).isEqualTo("invalid \"callback\" parameter");
            assertThat(answer.header("Content-Type")).startsWith("text/plain");
        }
    }

    private static RawHttp.Answer refused(SockJsForm form, String query) {
        String path = form.path.substring(0, form.path.indexOf('?'));
        return RawHttp.get(port, RawSession.of(port, "alice").path(path) + query, "Cookie: site_session=alice");
    }
}
