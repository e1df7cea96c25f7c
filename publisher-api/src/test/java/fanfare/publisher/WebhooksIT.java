package fanfare.publisher;

import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.StreamId;
import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a site hears of who comes and goes, whatever becomes of it, of Redis or of the publisher that tells it. */
@ExtendWith(VertxExtension.class)
class WebhooksIT {
    private static final Duration LONG = Duration.ofHours(1);
    private static final List<String> VISIT = List.of("user.online", "user.offline");

    private final String prefix = "test:" + UUID.randomUUID() + ":";
    private final Keys keys = new Keys(prefix);
    private final List<KnownGateway> gateways = new ArrayList<>();
    private Vertx vertx;
    private HookSite site;

    @BeforeEach
    void start(Vertx vertx) throws Exception {
        this.vertx = vertx;
        site = new HookSite(vertx);
    }

    @AfterEach
    void stop() {
        gateways.forEach(KnownGateway::crash);
        site.close();
    }

    @Test
    void whatItHearsOfAUserAlternatesInOrderWhateverTheGatewaysDo() throws Exception {
        List<KnownGateway> all = List.of(gateway("a"), gateway("b"), gateway("c"));
        try (WebhookWorker worker = worker("/", LONG, 20, LONG)) {
            until("it tells", worker::isOwner);
            Random random = new Random(7);
            Map<String, Set<Integer>> held = new HashMap<>();
            for (int round = 0; round < 6; round++) {
                for (int step = 0; step < 100; step++) {
                    String user = "user-" + random.nextInt(40);
                    int gateway = random.nextInt(all.size());
                    Set<Integer> at = held.computeIfAbsent(user, name -> new HashSet<>());
                    if (at.add(gateway)) {
                        all.get(gateway).open(user);
                    } else {
                        at.remove(gateway);
                        all.get(gateway).leave(user);
                    }
                }
                held.forEach((user, at) -> until(
                        user + " is what the site takes for so",
                        () -> !at.isEmpty() == lastOf(user).equals("user.online")));
            }
            // Whom only the dead one holds goes by reaping, the others by leaving.
            all.get(2).crash();
            all.subList(0, 2).forEach(KnownGateway::stop);
            KnownGateway last = gateway("last");
            held.keySet()
                    .forEach(
                            user -> until(user + " is gone", () -> !lastOf(user).equals("user.online")));
            Set<JsonObject> noted = new HashSet<>();
            for (String user : held.keySet()) {
                noted.addAll(noted(user));
            }
            // Whoever came and went since the last look was gone before it was told.
            until("it has heard of all", () -> site.events().size() >= noted.size());
            assertThat(site.events()).doesNotHaveDuplicates().hasSameElementsAs(noted);
            assertThat(noted).hasSizeGreaterThan(80);
            until("each is counted", () -> worker.count("events") == noted.size());
            last.stop();
        }
        site.eventsByUser().values().forEach(WebhooksIT::alternates);
        assertThat(site.posts()).allSatisfy(post -> assertThat(post.status()).isEqualTo(204));
        assertThat(site.posts().stream().mapToInt(post -> post.events().size()))
                .allMatch(size -> size <= 20)
                .anyMatch(size -> size > 1);
        assertThat(site.posts()).extracting(HookSite.Post::id).doesNotHaveDuplicates();
    }

    @Test
    void whatItDoesNotAcceptComesAgainAsItWas() {
        List<Integer> statuses = List.of(500, 302, HookSite.SILENCE, 503, 429, 404, 200);
        site.answer(post -> statuses.get(Math.min(site.posts().size(), statuses.size() - 1)));
        KnownGateway gateway = gateway("a");
        try (WebhookWorker worker = worker("/", LONG, 100, LONG)) {
            until("it tells", worker::isOwner);
            gateway.open("42");
            until("it lags", () -> worker.gauge("lag_seconds") > 0);
            until("it is accepted", () -> !site.events().isEmpty());
            List<HookSite.Post> tries = site.posts();
            assertThat(tries).extracting(HookSite.Post::status).isEqualTo(statuses);
            assertThat(tries).extracting(HookSite.Post::path).containsOnly("/");
            assertThat(tries)
                    .extracting(HookSite.Post::id)
                    .containsOnly(tries.get(0).id());
            assertThat(tries)
                    .extracting(HookSite.Post::body)
                    .containsOnly(tries.get(0).body());
            // After 503 and 429, it has waited the second that was asked for.
            assertThat(tries.get(5).timestamp() - tries.get(3).timestamp()).isGreaterThanOrEqualTo(2);
            gateway.leave("42");
            until("it goes on", () -> site.changesOf("42").equals(VISIT));
            assertThat(worker.count("retries")).isEqualTo(6);
            assertThat(worker.count("dead_letters")).isZero();
            until("nothing is left", () -> worker.gauge("lag_seconds") == 0);
        }
    }

    @Test
    void whatItNeverAcceptsIsGivenUpAndTheRestGoesOn() {
        site.answer(post -> post.body().contains("\"bad\"") ? 400 : 200);
        KnownGateway gateway = gateway("a");
        try (WebhookWorker worker = worker("/", LONG, 1, Duration.ofSeconds(1))) {
            until("it tells", worker::isOwner);
            gateway.open("bad");
            until("it was tried", () -> !site.posts().isEmpty());
            gateway.open("good");
            until("the rest goes on", () -> !site.changesOf("good").isEmpty());
            assertThat(worker.count("dead_letters")).isEqualTo(1);
            assertThat(site.posts("/")).hasSizeGreaterThan(2);
            // It has not heard that this one came, so it need not hear the end.
            site.answer(post -> 200);
            gateway.leave("bad");
            gateway.leave("good");
            until("it is noted", () -> noted("bad").size() == 2);
            until("the rest ends", () -> site.changesOf("good").equals(VISIT));
            gateway.open("bad");
            until("it hears of the next visit", () -> site.changesOf("bad").equals(List.of("user.online")));
        }
    }

    @Test
    void itIsToldOfWhatComesNowAndThenByEveryOwnerWhereTheLastOneStopped() {
        KnownGateway gateway = gateway("a");
        gateway.open("early");
        gateway.open("gone");
        until(
                "both are noted",
                () -> noted("early").size() == 1 && noted("gone").size() == 1);
        gateway.leave("gone");
        until("the end is noted", () -> noted("gone").size() == 2);
        try (WebhookWorker worker = worker("/first", LONG, 100, LONG)) {
            until("it tells", worker::isOwner);
            gateway.open("late");
            gateway.leave("early");
            until("both are told", () -> site.events().size() == 2);
            assertThat(site.changesOf("late")).containsExactly("user.online");
            assertThat(site.changesOf("early")).containsExactly("user.offline");
            // Stopped, it waits for the answer to its request, and the next one need not repeat that.
            site.hold();
            gateway.open("last");
            until("the last comes", site::isHolding);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(worker::close);
            until("it has begun to stop", () -> !worker.isOwner());
            gateway.open("between");
            until("that is noted", () -> noted("between").size() == 1);
            site.release();
            stopped.join();
            assertThat(site.changesOf("last")).containsExactly("user.online");
        }
        // Its lease would last for an hour.
        try (WebhookWorker worker = worker("/second", LONG, 100, LONG)) {
            until("it hears", () -> !site.changesOf("between").isEmpty());
            assertThat(site.events()).hasSize(4);
            int told = site.posts("/second").stream()
                    .mapToInt(post -> post.events().size())
                    .sum();
            until("its answer is counted", () -> worker.count("events") == told);
        }
    }

    @Test
    void whatIsLostIsSaidAndMended() {
        KnownGateway gateway = gateway("a");
        try (WebhookWorker worker = worker("/", LONG, 1, LONG)) {
            until("it tells", worker::isOwner);
            gateway.open("leaves");
            until("it is told", () -> !site.changesOf("leaves").isEmpty());
            site.answer(post -> 500);
            gateway.open("blocks");
            until("the site is away", () -> worker.count("retries") > 0);
            gateway.leave("leaves");
            gateway.open("comes");
            until(
                    "that is noted",
                    () -> noted("leaves").size() == 2 && noted("comes").size() == 1);
            redis(Command.XTRIM, keys.events(Buckets.tagOf("leaves")), "MAXLEN", 0);
            redis(Command.XTRIM, keys.events(Buckets.tagOf("comes")), "MAXLEN", 0);
            // The stream goes on, which tells that something is missing.
            for (String user : List.of("leaves", "comes")) {
                gateway.open(neighbour(user));
            }
            site.answer(post -> 200);
            until("it hears", () -> site.changesOf("leaves").equals(VISIT));
            until("it hears", () -> site.changesOf("comes").equals(List.of("user.online")));
            assertThat(worker.count("losses")).isEqualTo(2);
            gateway.leave("comes");
            until("it goes on", () -> site.changesOf("comes").equals(VISIT));
        }
        site.eventsByUser().values().forEach(WebhooksIT::alternates);
    }

    @Test
    void anOwnerThatIsCutOffFromRedisGoesOnWhenItIsBackOrLeavesItToAnother() throws Exception {
        KnownGateway gateway = gateway("a");
        try (FlakyLink link = FlakyLink.to(RedisServer.shared().port());
                WebhookWorker one = worker("redis://127.0.0.1:" + link.port(), "/one")) {
            until("one tells", one::isOwner);
            link.cut();
            gateway.open("42");
            until("it goes on", () -> !site.changesOf("42").isEmpty());
            until("it is the owner again", one::isOwner);
            try (WebhookWorker two = worker(RedisServer.shared().url(), "/two")) {
                site.answer(post -> post.path().equals("/one") ? 500 : 200);
                gateway.open("43");
                until("one tries", () -> one.count("retries") > 0);
                link.stall();
                until("the other takes over", () -> site.changesOf("43").size() == 1);
                until("the first has noticed", () -> !one.isOwner());
                int tries = site.posts("/one").size();
                gateway.open("44");
                until("the other goes on", () -> site.changesOf("44").size() == 1);
                assertThat(two.isOwner()).isTrue();
                // One may have been on its way when it noticed.
                assertThat(site.posts("/one").size() - tries).isLessThanOrEqualTo(1);
                link.resume();
            }
        }
        site.eventsByUser().values().forEach(WebhooksIT::alternates);
    }

    @Test
    void itGoesOnWhenRedisWasRestartedEmpty() throws Exception {
        try (RedisServer redis = RedisServer.start();
                WebhookWorker worker = worker(redis.url(), "/")) {
            until("it tells", worker::isOwner);
            Request visit = Request.cmd(Command.XADD)
                    .arg(keys.events(Buckets.tagOf("42")))
                    .arg("*")
                    .arg("type")
                    .arg("online")
                    .arg("user")
                    .arg("42");
            StoredItems.ask(vertx, redis, visit);
            until("it hears", () -> site.events().size() == 1);
            redis.kill();
            until("it has noticed", () -> !worker.isOwner());
            redis.restart();
            until("it tells again", worker::isOwner);
            StoredItems.ask(vertx, redis, visit);
            // It is not known any more that the site takes this one for online.
            until("it hears", () -> site.events().size() == 2);
            assertThat(worker.count("losses")).isZero();
        }
    }

    @Test
    void anotherProcessTakesOverFromOneThatIsPausedOrKilled() throws Exception {
        KnownGateway gateway = gateway("a");
        site.answer(post -> post.path().equals("/paused") ? 500 : 200);
        Process paused = process("/paused");
        BufferedReader log = paused.errorReader(StandardCharsets.UTF_8);
        Process other = null;
        try {
            heard(log, "tells the site");
            gateway.open("42");
            until("it is tried", () -> site.posts("/paused").size() > 1);
            signal(paused, "STOP");
            int tries = site.posts("/paused").size();
            other = process("/other");
            until("the other tells", () -> site.changesOf("42").size() == 1);
            signal(paused, "CONT");
            heard(log, "the lease of the webhooks ended");
            gateway.open("43");
            until("the other goes on", () -> site.changesOf("43").size() == 1);
            // One may have been on its way when the process was stopped.
            assertThat(site.posts("/paused").size() - tries).isLessThanOrEqualTo(1);

            // Killed before it has noted what the site took, it would leave the event to be told again, as it must.
            until("it has noted that", () -> redis(Command.SISMEMBER, keys.told(Buckets.tagOf("43")), "43")
                    .toBoolean());
            site.answer(post -> 200);
            other.destroyForcibly();
            gateway.leave("42");
            until("the first is the owner again", () -> site.changesOf("42").equals(VISIT));
            assertThat(site.posts("/paused")
                            .get(site.posts("/paused").size() - 1)
                            .body())
                    .doesNotContain("\"user\":\"43\"");
        } finally {
            paused.destroyForcibly();
            if (other != null) {
                other.destroyForcibly();
            }
        }
        assertThat(site.events()).doesNotHaveDuplicates();
    }

    private WebhookWorker worker(String path, Duration lease, int batchMax, Duration retryMax) {
        return new WebhookWorker(vertx, RedisServer.shared().url(), prefix, site.url(path), lease, batchMax, retryMax);
    }

    private WebhookWorker worker(String redisUrl, String path) {
        return new WebhookWorker(vertx, redisUrl, prefix, site.url(path), WebhookWorker.LEASE, 100, LONG);
    }

    private Process process(String path) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WebhookWorker.class.getName(),
                        RedisServer.shared().url(),
                        prefix,
                        site.url(path))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        // Ends the wait for a line that never comes.
        CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroyForcibly);
        return process;
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static void heard(BufferedReader log, String words) throws Exception {
        String line = log.readLine();
        while (line != null && !line.contains(words)) {
            line = log.readLine();
        }
        assertThat(line).as(words).isNotNull();
    }

    /** A gateway with a grace so short that users come and go quickly. */
    private KnownGateway gateway(String name) {
        KnownGateway gateway = KnownGateway.start(
                vertx,
                prefix,
                new PresenceLimits(
                        Duration.ofMillis(1_500),
                        Duration.ofMillis(300),
                        Duration.ofMillis(1),
                        Duration.ofMillis(100),
                        Duration.ofMillis(300),
                        Duration.ofSeconds(1),
                        1_024),
                new NodeState(name, "127.0.0.1:7081", 0, 0, true, false, "test"));
        gateways.add(gateway);
        return gateway;
    }

    /** What the site heard last of a user; empty if it has heard nothing. */
    private String lastOf(String user) {
        List<String> changes = site.changesOf(user);
        return changes.isEmpty() ? "" : changes.get(changes.size() - 1);
    }

    /** What Redis has noted of a user, as the site is to be told. */
    private List<JsonObject> noted(String user) {
        String tag = Buckets.tagOf(user);
        List<JsonObject> events = new ArrayList<>();
        for (Response entry : redis(Command.XRANGE, keys.events(tag), "-", "+")) {
            Response fields = entry.get(1);
            if (fields.size() == 4 && fields.get(3).toString().equals(user)) {
                StreamId place = StreamId.of(entry.get(0));
                events.add(new JsonObject()
                        .put("id", "%d-%06d-%s".formatted(place.time(), place.sequence(), tag))
                        .put("type", "user." + fields.get(1))
                        .put("user", user)
                        .put("time", place.time()));
            }
        }
        return events;
    }

    /** Another user of the same bucket. */
    private static String neighbour(String user) {
        return IntStream.iterate(0, number -> number + 1)
                .mapToObj(number -> "neighbour-" + number)
                .filter(name -> Buckets.tagOf(name).equals(Buckets.tagOf(user)))
                .findFirst()
                .orElseThrow();
    }

    private static void alternates(List<JsonObject> events) {
        assertThat(events.stream().map(event -> event.getString("id")))
                .isSorted()
                .doesNotHaveDuplicates();
        List<String> types =
                events.stream().map(event -> event.getString("type")).collect(Collectors.toList());
        for (int i = 1; i < types.size(); i++) {
            assertThat(types.get(i)).as("%s", events).isNotEqualTo(types.get(i - 1));
        }
        assertThat(types.get(0)).isEqualTo("user.online");
    }

    private Response redis(Command command, Object... arguments) {
        Request request = Request.cmd(command);
        for (Object argument : arguments) {
            request.arg(argument.toString());
        }
        try {
            return StoredItems.ask(vertx, RedisServer.shared(), request);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
