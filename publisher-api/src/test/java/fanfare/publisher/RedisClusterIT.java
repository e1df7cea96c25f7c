package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.testing.RedisCluster;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** All that a site asks for, of users whom three shards share; then one of the shards is gone, and the others' users go on. */
@ExtendWith(VertxExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RedisClusterIT {
    private static final int SHARDS = 3;
    private static final List<String> USERS =
            IntStream.range(0, 30).mapToObj(i -> "user" + i).toList();
    private static final PresenceLimits QUICK = new PresenceLimits(
            Duration.ofMillis(1_500),
            Duration.ofMillis(300),
            Duration.ofMillis(1),
            Duration.ofMillis(100),
            Duration.ofMillis(300),
            Duration.ofSeconds(1),
            1_024);

    private static RedisCluster redis;

    @TempDir
    private Path folder;

    private final MadeKey slow = MadeKey.with("slow", "publish:user,rate=1/100");
    private RunningPublisher publisher;
    private Keys keys;
    private KnownGateway gateway;

    @BeforeAll
    static void startRedis() {
        redis = RedisCluster.ofMasters(SHARDS);
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void start(Vertx vertx) throws Exception {
        Files.writeString(folder.resolve("keys"), slow.line());
        publisher = publisher(Map.of());
        keys = new Keys(publisher.prefix);
        NodeState state = new NodeState("a", "127.0.0.1:7081", 0, 0, true, false, "test");
        gateway = KnownGateway.start(vertx, redis.url(), publisher.prefix, QUICK, state);
    }

    @AfterEach
    void stop() {
        gateway.crash();
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    @Order(1)
    void whatIsPublishedToAllShardsInOneBatchIsStoredAndHasItsReceiptsAndHistories() {
        assertThat(USERS.stream().map(this::shardOf)).contains(0, 1, 2);
        List<String> targets = new ArrayList<>(
                USERS.stream().map(user -> "{'user':'" + user + "'}").toList());
        for (String name : USERS) {
            targets.add("{'topic':'" + name + "'}");
        }
        targets.add("{'broadcast':true}");
        targets.add(USERS.stream().collect(Collectors.joining("','", "{'users':['", "']}")));
        JsonArray results = results(targets);
        assertThat(results).hasSize(62).allSatisfy(each -> assertThat(((JsonObject) each).containsKey("status"))
                .isFalse());
        for (Object each : results) {
            String id = ((JsonObject) each).getString("id");
            assertThat(json(get("/v1/messages/" + id)).getJsonArray("channels")).isNotEmpty();
        }
        assertThat(json(get("/v1/messages/" + results.getJsonObject(61).getString("id")))
                        .getJsonArray("channels"))
                .extracting(each -> ((JsonObject) each).getString("user"))
                .containsExactlyInAnyOrderElementsOf(USERS);
        // Again, every one is known for what it is.
        assertThat(results(targets))
                .filteredOn(each -> ((JsonObject) each).containsKey("duplicate"))
                .hasSize(61)
                .allMatch(each -> ((JsonObject) each).getBoolean("duplicate"));
        for (String user : USERS) {
            assertThat(json(get("/v1/users/" + user + "/history")).getJsonArray("publications"))
                    .hasSize(2);
        }
    }

    @Test
    @Order(2)
    void allPublishersShareAKeysTokensWhicheverShardHasThem() {
        try (RunningPublisher second = publisher(Map.of("FANFARE_REDIS_PREFIX", publisher.prefix))) {
            assertThat(publisher.publish(slow.key(), users(60), "/a").statusCode())
                    .isEqualTo(200);
            assertThat(second.publish(slow.key(), users(60), "/a").statusCode()).isEqualTo(429);
            assertThat(second.publish(slow.key(), users(30), "/a").statusCode()).isEqualTo(200);
        }
    }

    @Test
    @Order(3)
    void whoIsOnlineIsListedAndCountedOverAllShards() {
        USERS.forEach(gateway::open);
        until("all are listed", () -> walk().size() == USERS.size());
        assertThat(walk()).containsExactlyInAnyOrderElementsOf(USERS);
        String asked = USERS.stream().collect(Collectors.joining("\",\"", "{\"users\":[\"", "\",\"nobody\"]}"));
        assertThat(json(publisher.post("/v1/presence", asked)).getJsonObject("online"))
                .hasSize(USERS.size() + 1)
                .allSatisfy(each ->
                        assertThat(each.getValue()).isEqualTo(!each.getKey().equals("nobody")));
        assertThat(json(get("/v1/stats")).getJsonArray("gateways")).hasSize(1);
    }

    @Test
    @Order(4)
    void aShardThatIsGoneKeepsItsUsersWaitingAndNobodyElse(Vertx vertx) throws Exception {
        // Leases, orders and the telling of webhooks each lie in one shard, which is not to be the one that goes.
        List<Integer> needed =
                Stream.of(keys.nodes(), keys.webhooks()).map(redis::ownerOf).toList();
        int gone = IntStream.range(0, SHARDS)
                .filter(shard -> !needed.contains(shard))
                .findFirst()
                .orElseThrow();
        Map<Boolean, List<String>> users =
                USERS.stream().collect(Collectors.partitioningBy(user -> shardOf(user) == gone));
        List<String> waiting = users.get(true);
        List<String> others = users.get(false);
        HookSite site = new HookSite(vertx);
        try (WebhookWorker worker = new WebhookWorker(
                vertx, redis.url(), publisher.prefix, site.url("/"), WebhookWorker.LEASE, 100, Duration.ofHours(1))) {
            until("it tells", worker::isOwner);
            gateway.open(waiting.get(0));
            gateway.open(others.get(0));
            until("both are told", () -> site.events().size() == 2);
            RedisServer server = redis.master(gone);
            server.kill();
            others.stream().skip(1).forEach(gateway::open);
            gateway.leave(others.get(0));
            gateway.open(waiting.get(1));
            until("the others are told", () -> site.events().size() == 2 + others.size());
            assertThat(site.changesOf(others.get(0))).containsExactly("user.online", "user.offline");
            for (String user : others) {
                assertThat(publisher
                                .publish(RunningPublisher.DEV, "{\"user\":\"" + user + "\"}", "/a")
                                .statusCode())
                        .isEqualTo(200);
                assertThat(json(get("/v1/users/" + user + "/presence")).getBoolean("online"))
                        .isEqualTo(!user.equals(others.get(0)));
            }
            assertThat(json(get("/v1/stats")).getJsonArray("gateways")).hasSize(1);
            // A list without those of whom nothing is known would say that they are offline.
            assertThat(get("/v1/presence").statusCode()).isEqualTo(503);
            assertThat(get("/v1/users/" + waiting.get(0) + "/presence").statusCode())
                    .isEqualTo(503);
            server.restart();
            until(
                    "all are listed again",
                    () -> get("/v1/presence").statusCode() == 200
                            && walk().containsAll(waiting.subList(0, 2))
                            && walk().containsAll(others.subList(1, others.size())));
            String user = waiting.get(2);
            Request token = Request.cmd(Command.HGET)
                    .arg(keys.webhook(Buckets.tagOf(user)))
                    .arg("token");
            until("its buckets are told of again", () -> ask(vertx, server, token) != null);
            gateway.open(user);
            until("so is who comes now", () -> site.changesOf(user).size() == 1);
        } finally {
            site.close();
        }
    }

    private RunningPublisher publisher(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("FANFARE_KEYS_FILE", folder.resolve("keys").toString());
        return RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, settings);
    }

    private int shardOf(String user) {
        return redis.ownerOf("{" + Buckets.tagOf(user) + "}");
    }

    private static String users(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"u" + i + "\"")
                .collect(Collectors.joining(",", "{\"users\":[", "]}"));
    }

    /** Publishes to each of these, under ids that are the same each time. */
    private JsonArray results(List<String> targets) {
        String batch = IntStream.range(0, targets.size())
                .mapToObj(i -> "{'to':" + targets.get(i) + ",'id':'id" + i
                        + "','namespace':'/a','event':'e','data':1,'receipt':true}")
                .collect(Collectors.joining(",", "{'publications':[", "]}"));
        HttpResponse<String> response = publisher.post("/v1/batch", batch.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response).getJsonArray("results");
    }

    private static @Nullable Response ask(Vertx vertx, RedisServer server, Request request) {
        try {
            return StoredItems.ask(vertx, server, request);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> get(String path) {
        return publisher.get(publisher.port, path);
    }

    private List<String> walk() {
        List<String> met = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            JsonObject answer = json(get("/v1/presence?limit=7" + cursor));
            answer.getJsonArray("users").forEach(user -> met.add((String) user));
            cursor = answer.getString("cursor") == null ? null : "&cursor=" + answer.getString("cursor");
        }
        return met;
    }
}
