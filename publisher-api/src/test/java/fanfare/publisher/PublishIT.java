package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Item;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class PublishIT {
    private RunningPublisher publisher;

    @BeforeEach
    void start() throws Exception {
        publisher = RunningPublisher.start();
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void aPublicationIsStoredWithItsDataVerbatimAndAnsweredWithItsPosition(Vertx vertx) throws Exception {
        HttpResponse<String> response = publisher.post("/v1/publish", RunningPublisher.PUBLISH);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        JsonObject answer = json(response);
        assertThat(answer.fieldNames()).containsExactlyInAnyOrder("id", "position", "duplicate", "routed");
        assertThat(answer.getBoolean("duplicate")).isFalse();
        assertThat(answer.getInteger("routed")).isZero();

        List<Item> items = StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, "42");
        assertThat(items).hasSize(1);
        assertThat(items.get(0).position().toString()).isEqualTo(answer.getString("position"));
        assertThat(items.get(0).id()).isEqualTo(answer.getString("id"));
        assertThat(items.get(0).event().toString()).contains("\"data\":{\"n\":1.0}");
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"stored\"}"))
                .isEqualTo(1);
        assertThat(publisher.metric("fanfare_publish_seconds_count")).isEqualTo(1);
        // Counted once the answer has gone out, which is when we have it.
        until(
                "the request is counted",
                () -> publisher.metric("fanfare_http_requests_total{path=\"/v1/publish\",status=\"200\"}") == 1);
    }

    @Test
    void aRepeatedIdIsAnsweredAsADuplicate(Vertx vertx) throws Exception {
        String body =
                """
                {"to":{"user":"42"},"namespace":"/a","event":"e","data":1,"id":"order 7","ttl":60,"durability":"replicated"}""";
        JsonObject first = json(publisher.post("/v1/publish", body));
        JsonObject again = json(publisher.post("/v1/publish", body.replace("\"data\":1", "\"data\":2")));
        assertThat(first.getString("id")).isEqualTo("order 7");
        assertThat(first.getBoolean("duplicate")).isFalse();
        assertThat(first.getBoolean("replicated")).isFalse();
        assertThat(again.getBoolean("duplicate")).isTrue();
        assertThat(again.getString("position")).isEqualTo(first.getString("position"));
        assertThat(StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, "42"))
                .hasSize(1);
    }

    @Test
    void severalUsersEachGetAPositionOfTheirOwn(Vertx vertx) throws Exception {
        String users = IntStream.range(0, 1_000).mapToObj(i -> "\"u" + i + "\"").collect(Collectors.joining(","));
        JsonObject answer = json(publisher.publish(RunningPublisher.DEV, "{\"users\":[" + users + ",\"u0\"]}", "/a"));
        assertThat(answer.getJsonArray("results")).hasSize(1_000);
        for (int i = 0; i < 1_000; i++) {
            JsonObject result = answer.getJsonArray("results").getJsonObject(i);
            assertThat(result.getString("user")).isEqualTo("u" + i);
            assertThat(result.getBoolean("duplicate")).isFalse();
            assertThat(result.getString("position")).isNotEmpty();
        }
        assertThat(StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, "u999"))
                .extracting(Item::id)
                .containsExactly(answer.getString("id"));
    }

    @Test
    void broadcastAndTopicsArePublishedTo() {
        assertThat(publisher
                        .publish(RunningPublisher.DEV, "{\"broadcast\":true}", "/a")
                        .statusCode())
                .isEqualTo(200);
        assertThat(publisher
                        .publish(RunningPublisher.DEV, "{\"topic\":\"news\"}", "/a")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void anOfflineUserIsDescribedAsSuch() {
        HttpResponse<String> response = publisher.get(publisher.port, "/v1/users/a%2Fb+%25/presence");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response))
                .isEqualTo(new JsonObject()
                        .put("user", "a/b+%")
                        .put("online", false)
                        .put("connections", 0)
                        .put("nodes", 0)
                        .put("since", null)
                        .put("lastSeen", null));
        assertThat(json(publisher.post("/v1/presence", "{\"users\":[\"1\",\"2\",\"1\"]}")))
                .isEqualTo(new JsonObject()
                        .put("online", new JsonObject().put("1", false).put("2", false)));
        assertThat(json(publisher.post("/v1/presence", "{\"users\":[]}")))
                .isEqualTo(new JsonObject().put("online", new JsonObject()));
    }

    @Test
    void anUnknownUserIsDisconnectedLikeAnyOther() {
        assertThat(json(publisher.post("/v1/disconnect", "{\"user\":\"nobody\",\"code\":4102}")))
                .isEqualTo(new JsonObject().put("requested", true));
    }
}
