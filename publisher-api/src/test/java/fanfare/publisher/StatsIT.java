package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.redis.Keys;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(VertxExtension.class)
class StatsIT {
    private static final JsonObject NOBODY =
            new JsonObject().put("connections", 0).put("users", 0).put("gateways", new JsonArray());

    @TempDir
    private Path folder;

    private RunningPublisher publisher;

    @BeforeEach
    void start() {
        publisher = RunningPublisher.withKeys(folder, Map.of("k", "history:read,publish:user"));
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void livingGatewaysAreListedByNameAndSummedUp(Vertx vertx) {
        assertThat(stats()).isEqualTo(NOBODY);
        NodeState b = new NodeState("b", "10.0.0.2:7081", 3, 2, true, true, "1.1");
        NodeState a = new NodeState("a", "10.0.0.1:7081", 5, 4, true, false, "1.0");
        KnownGateway two = KnownGateway.start(vertx, publisher.prefix, PresenceLimits.defaults(), b);
        KnownGateway one = KnownGateway.start(vertx, publisher.prefix, PresenceLimits.defaults(), a);
        until("both are known", () -> stats().getJsonArray("gateways").size() == 2);
        assertThat(stats())
                .isEqualTo(
                        new JsonObject(
                                """
                                {"connections":8,"users":6,"gateways":[
                                  {"node":"a","connections":5,"users":4,"draining":false,"version":"1.0"},
                                  {"node":"b","connections":3,"users":2,"draining":true,"version":"1.1"}]}"""));
        one.stop();
        assertThat(stats().getJsonArray("gateways")).hasSize(1);
        two.stop();
        assertThat(stats()).isEqualTo(NOBODY);
    }

    @Test
    void theDeadAreNotCounted(Vertx vertx) throws Exception {
        String state =
                """
                {"node":"n","address":"10.0.0.1:7081","connections":1,"users":1,"draining":false,"version":"1"}""";
        lease(vertx, "ended", 1_000, state);
        lease(vertx, "gone", Long.MAX_VALUE >> 12, null);
        lease(vertx, "reaped", Long.MAX_VALUE >> 12, "dead 0");
        assertThat(stats()).isEqualTo(NOBODY);
        lease(vertx, "living", Long.MAX_VALUE >> 12, state);
        assertThat(stats().getInteger("connections")).isEqualTo(1);
    }

    @Test
    void aKeyMustBeGoodForPresence() {
        assertThat(publisher
                        .send(publisher
                                .request(publisher.port, "/v1/stats")
                                .header("X-API-Key", "k.secret")
                                .GET())
                        .statusCode())
                .isEqualTo(403);
        assertThat(publisher
                        .send(publisher
                                .request(publisher.port, "/v1/presence")
                                .header("X-API-Key", "k.secret")
                                .GET())
                        .statusCode())
                .isEqualTo(403);
    }

    private JsonObject stats() {
        return json(publisher.get(publisher.port, "/v1/stats"));
    }

    /** What Redis knows of a gateway: when its lease ends by {@code nodes} [ms], and what its key says. */
    private void lease(Vertx vertx, String incarnation, long end, @Nullable String value) throws Exception {
        Keys keys = new Keys(publisher.prefix);
        RedisServer server = RedisServer.shared();
        StoredItems.ask(
                vertx,
                server,
                Request.cmd(Command.ZADD).arg(keys.nodes()).arg(end).arg(incarnation));
        if (value != null) {
            StoredItems.ask(
                    vertx,
                    server,
                    Request.cmd(Command.SET).arg(keys.node(incarnation)).arg(value));
        }
    }
}
