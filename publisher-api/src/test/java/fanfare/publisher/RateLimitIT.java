package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Rates are so low, and requests so large, that it does not matter how fast this machine is just now. */
@ExtendWith(VertxExtension.class)
class RateLimitIT {
    private static final String ALL = "publish:user,publish:broadcast,presence:read,history:read,disconnect";
    private static final int LOOPS = 2;

    @TempDir
    private Path folder;

    private final MadeKey slow = MadeKey.with("slow", ALL + ",rate=1/1000");
    private final MadeKey tight = MadeKey.with("tight", ALL + ",rate=1/10");
    private final MadeKey quick = MadeKey.with("quick", "presence:read,rate=200/100");
    private final MadeKey poor = MadeKey.with("poor", "publish:topic,rate=1/10");
    private final MadeKey free = MadeKey.with("free", ALL + ",rate=0");
    private RunningPublisher publisher;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(
                folder.resolve("keys"), slow.line() + tight.line() + quick.line() + poor.line() + free.line());
        publisher = start(RedisServer.shared().url(), Map.of());
    }

    @AfterEach
    void stop() {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void aKeyThatUsedUpItsTokensIsRefusedAndNothingIsStored(Vertx vertx) throws Exception {
        assertThat(publish(slow, 600).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = publish(slow, 599);
        refused(refused, 150, 199);
        assertThat(json(refused).getString("detail"))
                .startsWith("the key slow may take 1 tokens a second, and 1000 at once; this request takes 599");
        String batch = "{\"publications\":[" + broadcast("1") + ",{}," + to(users(599), "2") + "]}";
        refused(publisher.post("/v1/batch", slow.key(), batch), 150, 200);
        assertThat(StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, "u0"))
                .hasSize(1);
        assertThat(publish(slow, 400).statusCode()).isEqualTo(200);
        refused(publisher.post("/v1/disconnect", slow.key(), "{\"user\":\"1\"}"), 1, 1);
        assertThat(publisher.metric("fanfare_rate_limited_total{key=\"slow\"}")).isEqualTo(3);
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"stored\"}"))
                .isEqualTo(1_000);
    }

    @Test
    void aBatchCostsThePlacesOfThosePublicationsThatArePermitted() {
        String topic = "{\"to\":{\"topic\":\"x\"},\"namespace\":\"/a\",\"event\":\"e\",\"data\":1}";
        String batch = "{\"publications\":[" + topic + "," + to(users(500), "1") + "," + to(users(500), "2") + "]}";
        assertThat(publisher.post("/v1/batch", slow.key(), batch).statusCode()).isEqualTo(200);
        refused(publish(slow, 50), 1, 50);
    }

    @Test
    void whatIsRefusedForAnotherReasonCostsNothing(Vertx vertx) throws Exception {
        assertThat(publisher.post("/v1/publish", slow.key(), "{}").statusCode()).isEqualTo(400);
        assertThat(publisher.publish(slow.key(), "{\"topic\":\"x\"}", "/a").statusCode())
                .isEqualTo(403);
        assertThat(publisher.publish("slow.wrong", "{\"user\":\"1\"}", "/a").statusCode())
                .isEqualTo(401);
        assertThat(publisher.publish("nobody.x", "{\"user\":\"1\"}", "/a").statusCode())
                .isEqualTo(401);
        assertThat(publisher.publish(free.key(), "{\"user\":\"1\"}", "/a").statusCode())
                .isEqualTo(200);
        List<String> lookups =
                List.of("/v1/users/1/presence", "/v1/users/1/history", "/v1/messages/x", "/v1/presence", "/v1/stats");
        for (String path : lookups) {
            assertThat(get(poor, path)).as(path).isEqualTo(403);
        }
        for (String path : List.of("/v1/presence", "/v1/disconnect")) {
            assertThat(publisher.post(path, poor.key(), "{}").statusCode())
                    .as(path)
                    .isEqualTo(403);
            assertThat(publisher.post(path, slow.key(), "{}").statusCode())
                    .as(path)
                    .isEqualTo(400);
        }
        for (String path : List.of(
                "/v1/users/a%20b/presence",
                "/v1/users/a%20b/history", "/v1/messages/%C3%A9", "/v1/presence?limit=0", "/v1/presence?cursor=x")) {
            assertThat(get(slow, path)).as(path).isEqualTo(400);
        }
        assertThat(buckets(vertx)).isZero();
        publisher.publish(slow.key(), "{\"user\":\"1\"}", "/a");
        publisher.publish(RunningPublisher.DEV, "{\"user\":\"1\"}", "/a");
        assertThat(buckets(vertx)).isPositive();
    }

    @Test
    void allPublishersShareAKeysTokens() throws Exception {
        assertThat(publish(slow, 600).statusCode()).isEqualTo(200);
        RunningPublisher first = publisher;
        try (RunningPublisher second =
                start(RedisServer.shared().url(), Map.of("FANFARE_REDIS_PREFIX", publisher.prefix))) {
            publisher = second;
            refused(publish(slow, 600), 150, 200);
        } finally {
            publisher = first;
        }
    }

    @Test
    void aClockThatIsBehindTheLastOneKeepsNobodyWaiting(Vertx vertx) throws Exception {
        assertThat(publish(slow, 600).statusCode()).isEqualTo(200);
        String bucket = new Keys(publisher.prefix).rate("slow");
        String hourAhead = Stream.of(StoredItems.ask(
                                vertx,
                                RedisServer.shared(),
                                Request.cmd(Command.GET).arg(bucket))
                        .toString()
                        .split(" "))
                .map(us -> Long.toString(Long.parseLong(us) + 3_600_000_000L))
                .collect(Collectors.joining(" "));
        StoredItems.ask(
                vertx,
                RedisServer.shared(),
                Request.cmd(Command.SET).arg(bucket).arg(hourAhead));
        assertThat(publish(slow, 300).statusCode()).isEqualTo(200);
        refused(publish(slow, 300), 150, 200);
    }

    @Test
    void aFullBucketLendsWhatItCannotHold() {
        assertThat(publish(tight, 600).statusCode()).isEqualTo(200);
        refused(publish(tight, 1), 541, 591);
    }

    /** Over any span of time: what a bucket holds, what it gets meanwhile, and what the loops may have had before. */
    @Test
    void noCrowdGetsMoreThanTheRateAllows() throws Exception {
        AtomicInteger passed = new AtomicInteger();
        AtomicInteger turnedAway = new AtomicInteger();
        long startNs = System.nanoTime();
        List<CompletableFuture<Void>> crowd = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            crowd.add(CompletableFuture.runAsync(() -> {
                while (turnedAway.get() < 300) {
                    (get(quick, "/v1/users/1/presence") == 200 ? passed : turnedAway).incrementAndGet();
                }
            }));
        }
        CompletableFuture.allOf(crowd.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        double unchecked = publisher.metric("fanfare_rate_unchecked_total");
        assertThat(passed.get()).isBetween(80, (int) (100 + 200 * seconds + LOOPS * 10 + unchecked));
    }

    @Test
    void withoutRedisNobodyIsRefusedAndNobodyWaitsForTheLimit() throws Exception {
        try (RedisServer redis = RedisServer.start();
                FlakyLink link = FlakyLink.to(redis.port());
                RunningPublisher alone = start("redis://127.0.0.1:" + link.port(), Map.of())) {
            assertThat(alone.publish(tight.key(), users(300), "/a").statusCode())
                    .isEqualTo(200);
            assertThat(alone.publish(tight.key(), users(300), "/a").statusCode())
                    .isEqualTo(429);
            double unchecked = alone.metric("fanfare_rate_unchecked_total");
            link.stall();
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(CompletableFuture.supplyAsync(() -> alone.publish(slow.key(), "{\"user\":\"1\"}", "/a")));
            }
            Await.until("all are with the broker", () -> alone.metric("fanfare_rate_unchecked_total") >= unchecked + 4);
            link.resume();
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
        }
    }

    private RunningPublisher start(String redisUrl, Map<String, String> more) {
        Map<String, String> settings = new java.util.HashMap<>(more);
        settings.put("FANFARE_KEYS_FILE", folder.resolve("keys").toString());
        RunningPublisher started = RunningPublisher.start(redisUrl, PublisherVerticle.BODY_MAX, settings);
        // The first question of all may take longer than a question is waited for.
        started.post("/v1/presence", quick.key(), "{\"users\":[]}");
        return started;
    }

    private HttpResponse<String> publish(MadeKey key, int users) {
        return publisher.publish(key.key(), users(users), "/a");
    }

    private int get(MadeKey key, String path) {
        return publisher
                .send(publisher
                        .request(publisher.port, path)
                        .header("X-API-Key", key.key())
                        .GET())
                .statusCode();
    }

    private int buckets(Vertx vertx) throws Exception {
        return StoredItems.ask(
                        vertx,
                        RedisServer.shared(),
                        Request.cmd(Command.EXISTS)
                                .arg(new Keys(publisher.prefix).rate("slow"))
                                .arg(new Keys(publisher.prefix).rate("free"))
                                .arg(new Keys(publisher.prefix).rate("poor"))
                                .arg(new Keys(publisher.prefix).rate("nobody"))
                                .arg(new Keys(publisher.prefix).rate("dev")))
                .toInteger();
    }

    private static void refused(HttpResponse<String> response, int retryAfterMin, int retryAfterMax) {
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(json(response).getString("type")).isEqualTo("urn:fanfare:problem:too-many-requests");
        assertThat(response.headers().firstValue("retry-after"))
                .hasValueSatisfying(
                        seconds -> assertThat(Integer.parseInt(seconds)).isBetween(retryAfterMin, retryAfterMax));
    }

    private static String users(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"u" + i + "\"")
                .collect(Collectors.joining(",", "{\"users\":[", "]}"));
    }

    private static String broadcast(String data) {
        return to("{\"broadcast\":true}", data);
    }

    private static String to(String to, String data) {
        return "{\"to\":" + to + ",\"namespace\":\"/a\",\"event\":\"e\",\"data\":" + data + "}";
    }
}
