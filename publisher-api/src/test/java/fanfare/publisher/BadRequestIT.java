package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BadRequestIT {
    private RunningPublisher publisher;

    @BeforeEach
    void start() throws Exception {
        publisher = RunningPublisher.start();
    }

    @AfterEach
    void nothingWasABugAndOthersAreServed() throws Exception {
        assertThat(publisher.post("/v1/publish", RunningPublisher.PUBLISH).statusCode())
                .isEqualTo(200);
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void badBodiesAreRefusedByField() {
        refused(publisher.post("/v1/publish", "{"), 400, "invalid", null);
        refused(publisher.post("/v1/publish", ""), 400, "invalid", null);
        refused(publisher.post("/v1/publish", "{\"to\":{\"user\":\"a b\"}}"), 400, "invalid", "to.user");
        String large = RunningPublisher.PUBLISH.replace("{\"n\": 1.0}", "\"" + "x".repeat(65_535) + "\"");
        refused(publisher.post("/v1/publish", large), 413, "too-large", "data");
        refused(publisher.post("/v1/batch", "{\"publications\":[{\"to\":]}"), 400, "invalid", null);
        refused(publisher.post("/v1/batch", "{}"), 400, "invalid", "publications");
        refused(publisher.post("/v1/presence", "{}"), 400, "invalid", "users");
        refused(publisher.post("/v1/presence", "{\"users\":[1]}"), 400, "invalid", "users[0]");
        refused(publisher.post("/v1/disconnect", "{\"user\":\"1\",\"code\":1000}"), 400, "invalid", "code");
        refused(publisher.get(publisher.port, "/v1/users/a%20b/presence"), 400, "invalid", "user");
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"refused\"}"))
                .isEqualTo(6);
    }

    @Test
    void aBodyOverEightMebibytesIsRefusedAndTheCallerReadsSo() {
        refused(publisher.post("/v1/publish", " ".repeat((8 << 20) + 1)), 413, "too-large", null);
        refused(publisher.post("/v1/batch", " ".repeat((8 << 20) + 1)), 413, "too-large", null);
        HttpRequest.Builder chunked = publisher
                .request(publisher.port, "/v1/publish")
                .header("Authorization", "Bearer " + RunningPublisher.DEV)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.fromPublisher(BodyPublishers.ofString(" ".repeat((8 << 20) + 1))));
        refused(publisher.send(chunked), 413, "too-large", null);
    }

    @Test
    void aBodyThatDoesNotSayJsonIsRefused() {
        for (String type : new String[] {
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application/json; charset=iso-8859-1"
        }) {
            refused(publisher.send(publish().setHeader("Content-Type", type)), 415, "unsupported-media-type", null);
        }
        assertThat(publisher
                        .send(publish().setHeader("Content-Type", "Application/JSON; charset=\"UTF-8\""))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void wrongMethodsAndPathsAreProblemsWithOrWithoutAKey() {
        HttpResponse<String> response =
                publisher.send(publisher.request(publisher.port, "/v1/publish").GET());
        refused(response, 405, "method-not-allowed", null);
        assertThat(response.headers().firstValue("allow")).hasValue("POST");
        HttpResponse<String> deleted = publisher.send(
                publisher.request(publisher.port, "/v1/users/1/presence").DELETE());
        refused(deleted, 405, "method-not-allowed", null);
        HttpResponse<String> put =
                publisher.send(publisher.request(publisher.port, "/v1/presence").PUT(BodyPublishers.ofString("{}")));
        refused(put, 405, "method-not-allowed", null);
        assertThat(put.headers().firstValue("allow")).hasValue("GET, POST");
        assertThat(deleted.headers().firstValue("allow")).hasValue("GET");
        refused(publisher.get(publisher.port, "/v1/nothing"), 404, "not-found", null);
        refused(publisher.get(publisher.port, "/v1/publish/"), 405, "method-not-allowed", null);
        refused(publisher.get(publisher.port, "/"), 404, "not-found", null);
    }

    @Test
    void aHeadThatIsNoHttpIsRefused() throws Exception {
        assertThat(publisher.raw("nonsense\r\n\r\n")).contains(" 400 ").contains("urn:fanfare:problem:invalid");
        assertThat(publisher.raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(10_000) + "\r\n\r\n"))
                .contains(" 400 ", "too long");
        assertThat(publisher.raw("GET /v1/users/%zz/presence HTTP/1.0\r\nAuthorization: Bearer dev.secret\r\n\r\n"))
                .contains(" 400 ", "urn:fanfare:problem:invalid");
    }

    @Test
    void aHostileHostOpensNothing() throws Exception {
        String head =
                "POST /v1/publish HTTP/1.1\r\nAuthorization: Bearer dev.secret\r\nContent-Type: application/json\r\n"
                        + "Connection: close\r\nContent-Length: " + RunningPublisher.PUBLISH.length() + "\r\n";
        for (String host : new String[] {
            "Host: evil.example\r\n",
            "Host: localhost.evil.example:8090\r\n",
            "Host: evil.example@localhost\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "Host: \r\n",
            "Host: localhost:99999999\r\n",
            "Host: <script>\r\n",
            "Host: evil.example\r\nX-Forwarded-Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: host=localhost\r\n",
            ""
        }) {
            assertThat(publisher.raw(head + host + "\r\n" + RunningPublisher.PUBLISH))
                    .as(host)
                    .matches("(?s)HTTP/1.1 (401|400) .*")
                    .contains("urn:fanfare:problem:");
        }
        assertThat(publisher.raw(head + "Host: localhost:1\r\n\r\n" + RunningPublisher.PUBLISH))
                .startsWith("HTTP/1.1 200");
        assertThat(publisher.raw(head + "Host: [::1]\r\n\r\n" + RunningPublisher.PUBLISH))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void aBodyThatDawdlesIsAnsweredAndCutOff() throws Exception {
        String head = "POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dev.secret\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
        // Such haste is for this test alone: elsewhere a large body on a busy machine would be one that dawdles.
        try (RunningPublisher hasty =
                RunningPublisher.start(RedisServer.shared().url(), Duration.ofSeconds(2), Map.of())) {
            assertThat(hasty.raw(head))
                    .startsWith("HTTP/1.1 408")
                    .contains("urn:fanfare:problem:timeout", "X-Request-Id: made-1\r\n");
            assertThat(hasty.metric("fanfare_http_dawdlers_total")).isEqualTo(1);
        }
    }

    @Test
    void aHeadThatDawdlesIsCutOff() throws Exception {
        assertThat(publisher.raw("POST /v1/publish HTTP/1.1\r\nHost: localh")).isEmpty();
        assertThat(publisher.metric("fanfare_http_dawdlers_total")).isEqualTo(1);
    }

    private HttpRequest.Builder publish() {
        return publisher
                .request(publisher.port, "/v1/publish")
                .header("Authorization", "Bearer " + RunningPublisher.DEV)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(RunningPublisher.PUBLISH));
    }

    private static void refused(HttpResponse<String> response, int status, String name, @Nullable String field) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
        JsonObject problem = json(response);
        assertThat(problem.getString("type")).isEqualTo("urn:fanfare:problem:" + name);
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getString("title")).isNotEmpty();
        assertThat(problem.getString("detail")).isNotEmpty();
        assertThat(problem.getString("field")).isEqualTo(field);
    }
}
