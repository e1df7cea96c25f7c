package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.RawHttp;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SockJS {@code jsonp} and {@code jsonp_send} on the wire: scripts and forms, for pages that have nothing else. */
class SockJsScriptsIT {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String PING = "[\"{\\\"type\\\":\\\"ping\\\"}\"]";
    private static final int BODY_MAX = 128 << 10;

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
    void aPollIsAnsweredWithAScript() {
        RawHttp.Answer answer = RawSession.of(port, "alice").answer(SockJsForm.JSONP);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("application/javascript; charset=UTF-8");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Cache-Control")).contains("no-store", "no-cache");
        assertThat(answer.body()).isEqualTo("/**/_jp.abc(\"o\");\r\n");
    }

    @Test
    void aPollCarriesOneFrame() {
        RawSession session = RawSession.of(port, "poll-one").opened();
        cluster.publishNumbers(Channel.user("poll-one"), 1, 10);
        int events = 0;
        while (events < 10) {
            String frame = frame(session.answer(SockJsForm.JSONP).body());
            assertThat(frame).startsWith("a[").endsWith("]");
            events += new JsonArray(frame.substring(1)).size();
        }
        assertThat(events).isEqualTo(10);
    }

    @Test
    void aConnectionSurvivesAPoll() {
        RawSession session = RawSession.of(port, "keep");
        try (RawHttp http = session.receive(SockJsForm.JSONP)) {
            assertThat(http.answer().body()).isEqualTo(SockJsForm.JSONP.wire("o"));
            String cookie = "Cookie: site_session=keep";
            http.request("POST", session.path("jsonp_send"), "d=%5B%22%7B%7D%22%5D", cookie, "Content-Type: " + FORM);
            assertThat(http.answer().body()).isEqualTo("ok");
            http.request("GET", session.path(SockJsForm.JSONP.path), "", cookie);
            assertThat(frame(http.answer().body())).contains("welcome");
        }
    }

    @Test
    void noTextEndsTheScript() {
        RawSession session = RawSession.of(port, "markup").opened();
        String data = "\"</script><!-- \u2028\u2029 \\\"); alert(1); // %\"";
        cluster.publish(Channel.user("markup"), "risky", data);
        String script = session.answer(SockJsForm.JSONP).body();
        assertThat(script).doesNotContain("</", "<!--", "\u2028", "\u2029");
        assertThat(new JsonArray(frame(script).substring(1)).getString(0)).contains("\"data\":" + data);
    }

    @Test
    void aFormIsAnsweredOk() {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = session.sendForm(form(PING), FORM);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.header("Content-Type")).startsWith("text/plain");
        assertThat(answer.header("Cache-Control")).contains("no-store", "no-cache");
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void aFormMayComeWithAnythingAroundItsField() {
        RawSession session = RawSession.of(port, "alice").opened();
        assertThat(session.sendForm("a=1&" + form(PING) + "&e=", FORM + "; charset=UTF-8")
                        .body())
                .isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "T",
                "application/json",
                "application/xml",
                "",
                "multipart/form-data",
                "multipart/form-data; boundary",
                "multipart/form-data; boundary=x"
            })
    void anythingElseIsTakenAsItIs(String contentType) {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = session.sendForm(PING, contentType);
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void aTextOfSeveralLanguagesArrivesFromAForm() {
        RawSession session = RawSession.of(port, "alice").opened();
        String odd = "[\"{\\\"type\\\":\\\"ping\\\",\\\"pad\\\":\\\"%25 + & = \u00e9 \u4e2d \ud83d\ude00\\\"}\"]";
        assertThat(session.sendForm(form(odd), FORM).body()).isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "d=", "d", "e=1"})
    void anEmptyFormIsRefused(String form) {
        RawHttp.Answer answer = RawSession.of(port, "alice").opened().sendForm(form, FORM);
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("Payload expected.");
    }

    @Test
    void anEmptyBodyIsRefused() {
        RawHttp.Answer answer = RawSession.of(port, "alice").opened().sendForm("", "text/plain");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("Payload expected.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"x", "x", "{}", "[1]", "[null]", "[\"{}\"] x"})
    void aBrokenSendIsRefusedAndTheSessionLivesOn(String text) {
        RawSession session = RawSession.of(port, "alice").opened();
        for (RawHttp.Answer answer :
                new RawHttp.Answer[] {session.sendForm(form(text), FORM), session.sendForm(text, "text/plain")}) {
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.body()).isEqualTo("Broken JSON encoding.");
        }
        assertThat(session.sendForm(form(PING), FORM).body()).isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"d=%zz", "d=%", "a=%&d=%5B", "d=%5B%22%ff%22"})
    void aBrokenFormIsRefused(String form) {
        RawHttp.Answer answer = RawSession.of(port, "alice").opened().sendForm(form, FORM);
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("Broken JSON encoding.");
        assertThat(cluster.metric(0, "fanfare_internal_errors_total")).isZero();
    }

    @Test
    void theCharacterSetOfAFormIsNotAsked() {
        RawSession session = RawSession.of(port, "alice").opened();
        assertThat(session.sendForm(form(PING), FORM + "; charset=nonsense").body())
                .isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void aSendToAnUnknownSessionIsRefused() {
        assertThat(RawSession.of(port, "alice").sendForm(form("[\"{}\"]"), FORM).status())
                .isEqualTo(404);
    }

    @Test
    void aSendByAnotherLoginIsRefused() {
        RawSession session = RawSession.of(port, "alice").opened();
        RawHttp.Answer answer = RawHttp.post(
                port, session.path("jsonp_send"), form(PING), "Cookie: site_session=bob", "Content-Type: " + FORM);
        assertThat(answer.status()).isEqualTo(404);
    }

    @Test
    void aFormMayHave128KiB() {
        RawSession session = RawSession.of(port, "alice").opened();
        String head = "d=%5B%22%7B%5C%22type%5C%22%3A%5C%22ping%5C%22%7D%22";
        String fits = head + "+".repeat(BODY_MAX - head.length() - 3) + "%5D";
        assertThat(session.sendForm(fits, FORM).body()).isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
        assertThat(session.sendForm(fits + "+", FORM).status()).isEqualTo(413);
        assertThat(session.sendForm(form(PING), FORM).body()).isEqualTo("ok");
        assertThat(session.poll().body()).contains("pong");
    }

    @Test
    void errorsCarryCorsHeadersToo() {
        String origin = "Origin: http://127.0.0.1:8000";
        String unknown = "/push/000/" + UUID.randomUUID() + "/";
        for (RawHttp.Answer answer : new RawHttp.Answer[] {
            RawHttp.post(port, unknown + "jsonp_send", form(PING), origin, "Content-Type: " + FORM),
            RawHttp.post(port, unknown + "jsonp_send", "d=" + "x".repeat(BODY_MAX), origin, "Content-Type: " + FORM),
            RawHttp.get(port, unknown + "jsonp", origin),
            RawHttp.get(port, unknown + "jsonp?c=%20", origin),
            RawHttp.get(port, unknown + "htmlfile", origin),
            RawHttp.get(port, unknown + "eventsource", origin)
        }) {
            assertThat(answer.status()).isGreaterThanOrEqualTo(400);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("http://127.0.0.1:8000");
            assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(answer.header("Vary")).containsIgnoringCase("Origin");
        }
    }

    private static String form(String text) {
        return "d=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String frame(String script) {
        assertThat(script).startsWith("/**/_jp.abc(").endsWith(");\r\n");
        String argument = script.substring("/**/_jp.abc(".length(), script.length() - ");\r\n".length());
        return (String) Json.decodeValue(argument);
    }
}
