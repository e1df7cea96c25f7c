package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Item;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(VertxExtension.class)
class RedisOutageIT {
    private static final String BODY = RunningPublisher.PUBLISH.replace("{\"to\"", "{\"id\":\"once\",\"to\"");

    @Test
    void whatIsNotKnownToBeStoredIsA503AndArrivesOnceWhenItIsSentAgain(Vertx vertx) throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningPublisher publisher =
                        RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            redis.kill();
            long start = System.nanoTime();
            HttpResponse<String> refused = publisher.post("/v1/publish", BODY);
            assertThat(System.nanoTime() - start).isGreaterThan(4_900_000_000L);
            unavailable(refused);
            assertThat(json(refused).getString("detail")).contains("once");
            unavailable(publisher.publish(RunningPublisher.DEV, "{\"users\":[\"1\",\"2\"]}", "/a"));
            HttpResponse<String> batch =
                    publisher.post("/v1/batch", "{\"publications\":[7," + BODY + "," + BODY + "]}");
            unavailable(batch);
            unavailable(publisher.get(publisher.port, "/v1/users/1/presence"));
            unavailable(publisher.get(publisher.port, "/v1/users/1/history"));
            unavailable(publisher.get(publisher.port, "/v1/presence"));
            unavailable(publisher.get(publisher.port, "/v1/stats"));
            unavailable(publisher.post("/v1/presence", "{\"users\":[\"1\"]}"));
            unavailable(publisher.post("/v1/disconnect", "{\"user\":\"1\"}"));
            assertThat(publisher.get(publisher.managementPort, "/readyz").statusCode())
                    .isEqualTo(503);
            assertThat(publisher.get(publisher.managementPort, "/livez").statusCode())
                    .isEqualTo(200);
            assertThat(publisher.metric("fanfare_publishes_total{outcome=\"unavailable\"}"))
                    .isEqualTo(5);

            redis.restart();
            until(
                    "the publisher is ready again",
                    () -> publisher.get(publisher.managementPort, "/readyz").statusCode() == 200);
            assertThat(json(publisher.post("/v1/publish", BODY)).getBoolean("duplicate"))
                    .isFalse();
            assertThat(json(publisher.post("/v1/publish", BODY)).getBoolean("duplicate"))
                    .isTrue();
            assertThat(StoredItems.of(vertx, redis, publisher.prefix, "42"))
                    .extracting(Item::id)
                    .containsExactly("once");
            assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"--min-replicas-to-write, 1", "--maxmemory, 1"})
    void aRedisThatTakesNoWritesIsNoBug(String option, String value) {
        try (RedisServer redis = RedisServer.start(option, value);
                RunningPublisher publisher =
                        RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            unavailable(publisher.post("/v1/disconnect", "{\"user\":\"1\"}"));
            unavailable(publisher.post("/v1/publish", BODY));
            assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        }
    }

    @Test
    void aRedisThatIsBusyWithAScriptIsNoBug() throws IOException {
        try (RedisServer redis = RedisServer.start("--lua-time-limit", "1");
                RunningPublisher publisher = RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of());
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            socket.getOutputStream().write("EVAL \"while true do end\" 0\r\n".getBytes(StandardCharsets.US_ASCII));
            unavailable(publisher.get(publisher.port, "/v1/stats"));
            unavailable(publisher.get(publisher.port, "/v1/users/1/presence"));
            assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        }
    }

    @Test
    void whoeverHasMuchToSendWaitsForRoomAndLeavesSomeToOthers() {
        int senders = 50;
        String many = "{\"to\":{\"users\":["
                + IntStream.range(0, 1_000)
                        .mapToObj(user -> "\"u" + user + "\"")
                        .collect(Collectors.joining(","))
                + "]},\"namespace\":\"/n\",\"event\":\"e\",\"data\":1}";
        ExecutorService callers = Executors.newCachedThreadPool();
        try (RedisServer redis = RedisServer.start();
                RunningPublisher publisher =
                        RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            RedisTrio.ask(redis, "CLIENT", "PAUSE", "60000", "WRITE");
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < senders; i++) {
                answers.add(callers.submit(() -> publisher.post("/v1/publish", many)));
            }
            until("all are taken", () -> publisher.metric("fanfare_body_bytes_pending") == senders * many.length());
            answers.add(callers.submit(() -> publisher.post("/v1/publish", BODY)));
            until(
                    "another one is, too",
                    () -> publisher.metric("fanfare_body_bytes_pending") == senders * many.length() + BODY.length());
            RedisTrio.ask(redis, "CLIENT", "UNPAUSE");
            assertThat(answers)
                    .allSatisfy(answer -> assertThat(answer.get().statusCode()).isEqualTo(200));
            assertThat(publisher.metric("fanfare_publishes_total{outcome=\"unavailable\"}"))
                    .isZero();
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void whoseInboxCannotBeWrittenGetsAProblemAmongTheResults(Vertx vertx) throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningPublisher publisher =
                        RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            StoredItems.spoil(vertx, redis, publisher.prefix, "2");
            HttpResponse<String> response = publisher.publish(RunningPublisher.DEV, "{\"users\":[\"1\",\"2\"]}", "/a");
            assertThat(response.statusCode()).isEqualTo(200);
            JsonArray results = json(response).getJsonArray("results");
            assertThat(results.getJsonObject(0).getString("user")).isEqualTo("1");
            assertThat(results.getJsonObject(0).getString("position")).isNotEmpty();
            assertThat(results.getJsonObject(1).getString("user")).isEqualTo("2");
            assertThat(results.getJsonObject(1).getInteger("status")).isEqualTo(503);
            assertThat(results.getJsonObject(1).getString("type")).isEqualTo("urn:fanfare:problem:unavailable");
            assertThat(StoredItems.of(vertx, redis, publisher.prefix, "1"))
                    .extracting(Item::id)
                    .containsExactly(json(response).getString("id"));
        }
    }

    @Test
    void aBatchOfWhichSomeIsStoredHasProblemsAmongItsResults(Vertx vertx) throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningPublisher publisher =
                        RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            StoredItems.spoil(vertx, redis, publisher.prefix, "42");
            String other = RunningPublisher.PUBLISH.replace("42", "1");
            HttpResponse<String> response =
                    publisher.post("/v1/batch", "{\"publications\":[" + RunningPublisher.PUBLISH + "," + other + "]}");
            assertThat(response.statusCode()).isEqualTo(200);
            JsonArray results = json(response).getJsonArray("results");
            assertThat(results.getJsonObject(0).getInteger("status")).isEqualTo(503);
            assertThat(results.getJsonObject(0).getString("detail")).endsWith("-0");
            assertThat(StoredItems.of(vertx, redis, publisher.prefix, "1"))
                    .extracting(Item::id)
                    .containsExactly(results.getJsonObject(1).getString("id"));
        }
    }

    private static void unavailable(HttpResponse<String> response) {
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("retry-after")).hasValue("1");
        assertThat(json(response).getString("type")).isEqualTo("urn:fanfare:problem:unavailable");
    }
}
