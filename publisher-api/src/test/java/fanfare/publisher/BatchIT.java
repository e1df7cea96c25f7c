package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BatchIT {
    private RunningPublisher publisher;

    @BeforeEach
    void start() throws Exception {
        publisher = RunningPublisher.start(
                RedisServer.shared().url(), PublisherVerticle.BODY_MAX, Map.of("FANFARE_INBOX_ITEMS_MAX", "1000"));
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void eachIsAnsweredLikeAPublishInItsPlace(Vertx vertx) throws Exception {
        JsonArray results = results(
                to("{\"user\":\"1\"}", "\"id\":\"x\",\"data\":{ \"n\": 1.0 }"),
                to("{\"users\":[\"2\",\"3\"]}", "\"data\":2"),
                to("{\"broadcast\":true}", "\"data\":3,\"durability\":\"replicated\""),
                to("{\"topic\":\"t\"}", "\"data\":4"),
                to("{\"user\":\"1\"}", "\"id\":\"x\",\"data\":5"));
        assertThat(results).hasSize(5);
        JsonObject first = results.getJsonObject(0);
        assertThat(first.fieldNames()).containsExactlyInAnyOrder("id", "position", "duplicate", "routed");
        assertThat(first.getString("id")).isEqualTo("x");
        assertThat(results.getJsonObject(1).getJsonArray("results"))
                .extracting(each -> ((JsonObject) each).getString("user"))
                .containsExactly("2", "3");
        assertThat(results.getJsonObject(2).getBoolean("replicated")).isFalse();
        assertThat(results.getJsonObject(3).getString("position")).isNotEmpty();
        assertThat(results.getJsonObject(4).getBoolean("duplicate")).isTrue();
        assertThat(results.getJsonObject(4).getString("position")).isEqualTo(first.getString("position"));

        List<Item> items = stored(vertx, "1");
        assertThat(items).hasSize(1);
        assertThat(items.get(0).event().toString()).contains("\"data\":{\"n\":1.0}");
        assertThat(stored(vertx, "3"))
                .extracting(Item::id)
                .containsExactly(results.getJsonObject(1).getString("id"));
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"stored\"}"))
                .isEqualTo(5);
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"duplicate\"}"))
                .isEqualTo(1);
        assertThat(publisher.metric("fanfare_publish_seconds_count")).isEqualTo(1);
        assertThat(results()).isEmpty();
    }

    @Test
    void aBadOneIsRefusedByPathAndTheOthersAreStored(Vertx vertx) throws Exception {
        JsonArray results = results(
                to("{\"user\":\"1\"}", "\"data\":1"),
                to("{\"users\":[\"1\",\"a b\"]}", "\"data\":1"),
                "7",
                to("{\"user\":\"1\"}", "\"data\":\"" + "x".repeat(65_535) + "\""),
                to("{\"user\":\"1\"}", "\"data\":2"));
        problem(results, 1, 400, "invalid", "publications[1].to.users[1]");
        problem(results, 2, 400, "invalid", "publications[2]");
        problem(results, 3, 413, "too-large", "publications[3].data");
        assertThat(stored(vertx, "1"))
                .extracting(Item::id)
                .containsExactly(
                        results.getJsonObject(0).getString("id"),
                        results.getJsonObject(4).getString("id"));
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"refused\"}"))
                .isEqualTo(3);
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"stored\"}"))
                .isEqualTo(2);

        JsonArray allRefused = results("7", "8");
        problem(allRefused, 0, 400, "invalid", "publications[0]");
        problem(allRefused, 1, 400, "invalid", "publications[1]");
    }

    @Test
    void moreThanAThousandAreRefusedAndNoneIsStored(Vertx vertx) throws Exception {
        HttpResponse<String> refused = send(elements(1_001, i -> to("{\"user\":\"1\"}", "\"data\":" + i)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).getString("field")).isEqualTo("publications");
        assertThat(stored(vertx, "1")).isEmpty();
    }

    @Test
    void oneChannelKeepsItsOrderWhateverIsAskedFor(Vertx vertx) throws Exception {
        HttpResponse<String> response = send(elements(
                1_000,
                i -> to(
                        i % 5 == 4 ? "{\"broadcast\":true}" : "{\"user\":\"1\"}",
                        "\"id\":\"i" + i + "\",\"data\":" + i + ",\"durability\":\""
                                + (i % 3 == 0 ? "replicated" : "master") + "\"")));
        JsonArray results = json(response).getJsonArray("results");
        assertThat(results).hasSize(1_000);
        assertThat(stored(vertx, "1"))
                .extracting(Item::id)
                .containsExactlyElementsOf(IntStream.range(0, 1_000)
                        .filter(i -> i % 5 != 4)
                        .mapToObj(i -> "i" + i)
                        .toList());
        for (int i = 9; i < 1_000; i += 5) {
            assertThat(sequence(results, i)).isGreaterThan(sequence(results, i - 5));
        }
        assertThat(results.getJsonObject(3).containsKey("replicated")).isTrue();
        assertThat(results.getJsonObject(4).containsKey("replicated")).isFalse();
    }

    @Test
    void theLargestBatchFindsRoomBesideOthers() {
        String users = IntStream.range(0, 1_000).mapToObj(i -> "\"u" + i + "\"").collect(Collectors.joining(","));
        HttpResponse<String> response = send(elements(20, i -> to("{\"users\":[" + users + "]}", "\"data\":1")));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"stored\"}"))
                .isEqualTo(20_000);
    }

    private static long sequence(JsonArray results, int index) {
        String position = results.getJsonObject(index).getString("position");
        return Objects.requireNonNull(Position.parse(position)).sequence();
    }

    private static void problem(JsonArray results, int index, int status, String name, @Nullable String field) {
        JsonObject problem = results.getJsonObject(index);
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getString("type")).isEqualTo("urn:fanfare:problem:" + name);
        assertThat(problem.getString("field")).isEqualTo(field);
    }

    private static String to(String to, String more) {
        return "{\"to\":" + to + ",\"namespace\":\"/a\",\"event\":\"e\"," + more + "}";
    }

    private static String elements(int count, IntFunction<String> element) {
        return IntStream.range(0, count).mapToObj(element).collect(Collectors.joining(","));
    }

    private HttpResponse<String> send(String elements) {
        return publisher.post("/v1/batch", "{\"publications\":[" + elements + "]}");
    }

    private JsonArray results(String... elements) {
        HttpResponse<String> response = send(String.join(",", elements));
        assertThat(response.statusCode()).isEqualTo(200);
        return json(response).getJsonArray("results");
    }

    private List<Item> stored(Vertx vertx, String user) throws Exception {
        return StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, user);
    }
}
