package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RecordedLog;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.text.MessageFormat;
import java.util.List;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class RequestIdIT {
    private static final String KEY = "X-API-Key: " + RunningPublisher.DEV;
    private static final String JSON = "Content-Type: application/json";
    private static final String HOST = "Host: localhost";

    private final RecordedLog log = RecordedLog.start();
    private RunningPublisher publisher;

    @BeforeEach
    void start() {
        publisher = RunningPublisher.start();
    }

    @AfterEach
    void stop() {
        log.close();
        publisher.close();
    }

    @Test
    void everyAnswerHasTheIdOfItsCaller() {
        String id = "X-Request-Id: shop-7.a_B";
        named("shop-7.a_B", 200, post("/v1/publish", RunningPublisher.PUBLISH, KEY, JSON, id));
        named("shop-7.a_B", 400, post("/v1/publish", "{", KEY, JSON, id));
        named("shop-7.a_B", 401, post("/v1/publish", "{}", JSON, id));
        named("shop-7.a_B", 404, post("/v1/nothing", "", id));
        named("shop-7.a_B", 405, RawHttp.get(publisher.port, "/v1/publish", HOST, id));
        named("shop-7.a_B", 400, RawHttp.get(publisher.port, "/v1/users/%zz/presence", HOST, KEY, id));
        named("shop-7.a_B", 415, post("/v1/publish", "{}", KEY, id));
        named("x".repeat(128), 404, post("/", "", "X-Request-Id: " + "x".repeat(128)));
    }

    @Test
    void anIdThatWouldDoHarmGivesWayToANewOne() {
        for (String bad : List.of("", "a b", "x".repeat(129), "a,b", "ä", "<script>", "{0}")) {
            named(nextMade(), 404, post("/", "", "X-Request-Id: " + bad));
        }
        named(nextMade(), 404, post("/", "", "X-Request-Id: a", "X-Request-Id: b"));
        named(nextMade(), 404, post("/", ""));
    }

    @Test
    void whatIsNoHttpIsAnsweredWithAnIdToo() {
        try (RawHttp http = RawHttp.to(publisher.port)) {
            named(nextMade(), 400, http.send("nonsense\r\n\r\n").answer());
        }
    }

    @Test
    void theLogNamesTheRequest(Vertx vertx) throws Exception {
        String unknown = RunningPublisher.PUBLISH.replace("\"to\"", "\"colour\":1,\"to\"");
        named("odd", 200, post("/v1/publish", unknown, KEY, JSON, "X-Request-Id: odd"));
        // Such a key can come from a mistake of ours only.
        StoredItems.spoil(vertx, RedisServer.shared(), publisher.prefix, "7");
        named("bug", 500, RawHttp.get(publisher.port, "/v1/users/7/history", HOST, KEY, "X-Request-Id: bug"));
        assertThat(log.records())
                .extracting(RequestIdIT::line)
                .anyMatch(line -> line.startsWith("publish, request odd, was sent fields") && line.contains("colour"))
                .contains("GET /v1/users/7/history, request bug");
    }

    @Test
    void aBugBeforeARequestHasItsNameIsCountedToo() {
        publisher.outOfIds = true;
        try (RawHttp http = RawHttp.to(publisher.port)) {
            http.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Await.until("it is counted", () -> publisher.metric("fanfare_internal_errors_total") == 1);
        }
        assertThat(log.records())
                .extracting(LogRecord::getThrown)
                .filteredOn(IllegalStateException.class::isInstance)
                .extracting(Throwable::getMessage)
                .containsExactly("out of ids");
    }

    private String nextMade() {
        return "made-" + (publisher.made.get() + 1);
    }

    private RawHttp.Answer post(String path, String body, String... headers) {
        return RawHttp.post(publisher.port, path, body, headers);
    }

    private static void named(String id, int status, RawHttp.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("X-Request-Id")).isEqualTo(id);
    }

    private static String line(LogRecord entry) {
        return entry.getParameters() == null
                ? entry.getMessage()
                : MessageFormat.format(entry.getMessage(), entry.getParameters());
    }
}
