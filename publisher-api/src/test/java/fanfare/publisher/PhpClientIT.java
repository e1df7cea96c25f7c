package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.publisher.webhook.Secrets;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client for PHP, in clients/php, run by this machine's PHP against a real publisher. */
@ExtendWith(VertxExtension.class)
class PhpClientIT {
    private static final String VERBATIM =
            """
            "data":{"whole":1.0,"tenth":0.1,"large":9223372036854775807,"path":"a/b","text":"Zoë \\"1\\" 🐫",\
            "digits":"007","list":[1,2],"none":{}}""";

    private RunningPublisher publisher;

    @BeforeEach
    void start() {
        publisher = RunningPublisher.start();
    }

    @AfterEach
    void stop() {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void whatNeedsNoPublisherHolds() {
        try (Php php = Php.run("unit.php")) {
            assertThat(php.answer().getInteger("held")).isPositive();
            php.ends();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void everyCallArrives(String transport, Vertx vertx) throws Exception {
        try (Php php = Php.run("calls.php", "everyCall", url(publisher.port), transport)) {
            JsonObject first = php.answer();
            assertThat(first.fieldNames()).containsExactlyInAnyOrder("id", "position", "duplicate", "routed");
            assertThat(php.answer()).isEqualTo(first.copy().put("duplicate", true));
            JsonObject several = php.answer();
            assertThat(several.getString("id")).isEqualTo("mine");
            assertThat(several.getJsonArray("results").stream())
                    .extracting(result -> ((JsonObject) result).getString("user"))
                    .containsExactly("1", "two");
            assertThat(php.answer().getString("position")).isNotEmpty();
            assertThat(php.answer().getBoolean("replicated")).isFalse();
            assertThat(php.answer().getString("user")).isEqualTo("a/b+%");
            assertThat(php.answer()).isEqualTo(new JsonObject().put("42", false).put("two", false));
            assertThat(php.answer().getBoolean("receipt")).isTrue();
            JsonObject message = php.answer();
            assertThat(message.getString("id")).isEqualTo("a /%");
            assertThat(message.getJsonArray("channels").getJsonObject(0).getString("state"))
                    .isEqualTo("offline");
            php.ends();

            List<Item> items = inbox(vertx, "42");
            assertThat(items).extracting(Item::id).containsExactly(first.getString("id"));
            assertThat(items).extracting(Item::namespace).containsExactly("/shop");
            assertThat(items.get(0).event().toString()).contains("\"event\":\"order\"", VERBATIM);
        }
        assertThat(inbox(vertx, "1")).extracting(Item::id).containsExactly("mine");
        assertThat(inbox(vertx, "two")).hasSize(1).allSatisfy(item -> assertThat(item.expiresMs() - item.serverMs())
                .isEqualTo(60_000));
        Keys keys = new Keys(publisher.prefix);
        assertThat(stream(vertx, keys.kept(Channel.topic("news")))).contains("\"data\":\"Hello\"");
        assertThat(stream(vertx, keys.kept(Channel.BROADCAST))).contains("\"data\":{\"percent\":20}");
        assertThat(stream(vertx, keys.control())).contains("4102", "Off you go", "a session", "stays", "43");
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void refusalsSayWhatIsWrong(String transport) {
        try (Php php = Php.run("calls.php", "refusals", url(publisher.port), transport)) {
            refused(php, 400, "invalid", "to.users[1]");
            refused(php, 413, "too-large", "data");
            refused(php, 401, "unauthorized", null);
            refused(php, 404, "not-found", null);
            php.ends();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void aPublisherThatIsAwayAtFirstIsTriedAgainAndOneMessageArrives(String transport, Vertx vertx) throws Exception {
        try (FlakyLink link = FlakyLink.to(publisher.port)) {
            link.refuse();
            try (Php php = Php.run("calls.php", "publish", url(link.port()), transport)) {
                JsonObject first = php.answer();
                JsonObject second = php.answer();
                link.resume();
                JsonObject answer = afterTries(php);
                php.ends();

                assertThat(List.of(first, second)).allSatisfy(tried -> {
                    assertThat(tried.getInteger("status")).isZero();
                    assertThat(tried.getString("tried")).isEqualTo(answer.getString("id"));
                });
                assertThat(answer.getBoolean("duplicate")).isFalse();
                assertThat(inbox(vertx, "42")).extracting(Item::id).containsExactly(answer.getString("id"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void anAnswerThatIsLostIsAskedForAgainAndOneMessageArrives(String transport, Vertx vertx) throws Exception {
        try (FlakyLink link = FlakyLink.to(publisher.port)) {
            link.swallow(FlakyLink.Direction.DOWN);
            try (Php php = Php.run("calls.php", "publish", url(link.port()), transport, "30", "0.5")) {
                Await.until("it is stored", () -> publisher.metric("fanfare_publishes_total{outcome=\"stored\"}") == 1);
                assertThat(php.answer().getInteger("status")).isZero();
                link.resume();
                JsonObject answer = afterTries(php);
                php.ends();

                assertThat(answer.getBoolean("duplicate")).isTrue();
                assertThat(inbox(vertx, "42")).extracting(Item::id).containsExactly(answer.getString("id"));
            }
        }
    }

    @Test
    void aPublisherWithoutRedisIsTriedAgainAndOneMessageArrives(Vertx vertx) throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningPublisher alone = RunningPublisher.start(redis.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            redis.kill();
            try (Php php = Php.run("calls.php", "publish", url(alone.port), "curl", "60")) {
                assertThat(php.answer().getInteger("status")).isEqualTo(503);
                redis.restart();
                JsonObject answer = afterTries(php);
                php.ends();
                assertThat(StoredItems.of(vertx, redis, alone.prefix, "42"))
                        .extracting(Item::id)
                        .containsExactly(answer.getString("id"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void whoAsksForAPauseGetsIt(String transport, Vertx vertx) throws Exception {
        List<Long> times = new CopyOnWriteArrayList<>();
        List<String> ids = new CopyOnWriteArrayList<>();
        AtomicInteger connections = new AtomicInteger();
        HttpServer server = vertx.createHttpServer()
                .connectionHandler(connection -> connections.incrementAndGet())
                .requestHandler(request -> request.body().onSuccess(body -> {
                    times.add(System.nanoTime());
                    ids.add(body.toJsonObject().getString("id"));
                    if (ids.size() == 1) {
                        request.response().setStatusCode(429).putHeader("Retry-After", "1");
                    }
                    request.response().end("{\"id\":\"" + ids.get(ids.size() - 1) + "\"}");
                }));
        int port = listen(server);
        try (Php php = Php.run("calls.php", "publishTwice", url(port), transport)) {
            assertThat(php.answer().getInteger("status")).isEqualTo(429);
            assertThat(php.answer().getString("id")).isEqualTo(ids.get(0)).isEqualTo(ids.get(1));
            assertThat(php.answer().getString("id")).isEqualTo(ids.get(2)).isNotEqualTo(ids.get(0));
            php.ends();
        }
        assertThat(times.get(1) - times.get(0)).isGreaterThanOrEqualTo(1_000_000_000L);
        assertThat(connections).as("one is kept open").hasValue(transport.equals("curl") ? 1 : 3);
    }

    @Test
    void aPauseBeyondThePatienceEndsTheCallAtOnce(Vertx vertx) throws Exception {
        int port = listen(
                vertx.createHttpServer()
                        .requestHandler(
                                request -> request.response()
                                        .setStatusCode(429)
                                        .putHeader("Retry-After", "100")
                                        .putHeader("Content-Type", "application/problem+json")
                                        .end(
                                                "{\"type\":\"urn:fanfare:problem:too-many-requests\",\"title\":\"Too many\",\"detail\":\"wait\"}")));
        long start = System.nanoTime();
        try (Php php = Php.run("calls.php", "fail", url(port), "curl", "60")) {
            assertThat(php.answer().getInteger("status")).isEqualTo(429);
            assertThat(php.list())
                    .isEqualTo(new JsonArray().add("Fanfare\\Problem").add("429 Too many: wait"));
            php.ends();
        }
        assertThat(System.nanoTime() - start).isLessThan(30_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void patienceHasAnEnd(String transport) {
        try (FlakyLink link = FlakyLink.to(publisher.port)) {
            link.stall();
            try (Php php = Php.run("calls.php", "fail", url(link.port()), transport, "0", "0.2")) {
                assertThat(php.answer().getInteger("status")).isZero();
                assertThat(php.list().getString(0)).isEqualTo("Fanfare\\Unreachable");
                php.ends();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "streams"})
    void aBatchArrivesAndIsAnsweredInOrder(String transport, Vertx vertx) throws Exception {
        try (Php php = Php.run("calls.php", "batch", url(publisher.port), transport)) {
            JsonArray results = php.list();
            php.ends();
            assertThat(results).hasSize(3);
            assertThat(results.getJsonObject(1).getString("position")).isNotEmpty();
            assertThat(results.getJsonObject(2).getInteger("status")).isEqualTo(400);

            List<Item> items = inbox(vertx, "42");
            assertThat(items)
                    .extracting(Item::id)
                    .containsExactly(results.getJsonObject(0).getString("id"));
            assertThat(items.get(0).event().toString()).contains("\"data\":1.0");
        }
        assertThat(stream(vertx, new Keys(publisher.prefix).kept(Channel.BROADCAST)))
                .contains("\"data\":\"a/b\"");
    }

    @Test
    void whatIsNoPublisherIsCalledSo(Vertx vertx) throws Exception {
        int port = listen(vertx.createHttpServer()
                .requestHandler(request -> request.response().end("<html>")));
        try (Php php = Php.run("calls.php", "fail", url(port))) {
            assertThat(php.list())
                    .isEqualTo(new JsonArray()
                            .add("Fanfare\\Unreachable")
                            .add("what answers at " + url(port) + " is no Fanfare publisher"));
            php.ends();
        }
    }

    @Test
    void withoutTheCurlExtensionItWorksAllTheSame(Vertx vertx) throws Exception {
        // Debian's PHP has curl as an extension that its configuration loads, and here it has none.
        try (Php php = Php.with(List.of("-n"), "calls.php", "publish", url(publisher.port))) {
            String id = php.answer().getString("id");
            php.ends();
            assertThat(inbox(vertx, "42")).extracting(Item::id).containsExactly(id);
        }
    }

    @Test
    void aWebhookIsVerifiedAlsoWhileItsSecretRotates(Vertx vertx, @TempDir Path folder) throws Exception {
        String old = Secrets.make(new SecureRandom());
        String next = Secrets.make(new SecureRandom());
        Path file = Files.writeString(folder.resolve("secrets"), old);
        int port = RedisServer.freePort();
        Map<String, String> settings =
                Map.of("FANFARE_WEBHOOK_URL", url(port) + "/hook", "FANFARE_WEBHOOK_SECRET_FILE", file.toString());
        NodeState state = new NodeState("a", "127.0.0.1:7081", 0, 0, true, false, "test");
        try (Php site = Php.serve("hook.php", port, Map.of("FANFARE_WEBHOOK_SECRET", next));
                RunningPublisher told =
                        RunningPublisher.start(RedisServer.shared().url(), PublisherVerticle.BODY_MAX, settings)) {
            Await.until("it tells", () -> told.metric("fanfare_webhook_owner") == 1);
            KnownGateway gateway = KnownGateway.start(vertx, told.prefix, PresenceLimits.defaults(), state);
            gateway.open("42");
            assertThat(site.answer().getString("refused")).isEqualTo("its signature is not by a secret of ours");
            Files.writeString(file, old + "\n" + next + "\n");
            JsonObject answer = site.answer();
            while (answer.containsKey("refused")) {
                answer = site.answer();
            }
            JsonObject event = answer.getJsonArray("events").getJsonObject(0);
            assertThat(event.fieldNames()).containsExactlyInAnyOrder("id", "type", "user", "time");
            assertThat(event.getString("type")).isEqualTo("user.online");
            assertThat(event.getString("user")).isEqualTo("42");
            assertThat(told.metric("fanfare_webhook_secrets")).isEqualTo(2);
            Await.until("it counts", () -> told.metric("fanfare_webhook_events_total") == 1);
            gateway.crash();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "2"})
    void aYiiComponentKeepsTheCallsOfOld(String generation, Vertx vertx) throws Exception {
        try (Php php = Php.run("yii.php", generation, url(publisher.port))) {
            JsonObject said = php.answer();
            php.ends();
            assertThat(said.getJsonObject("answer").getString("position")).isNotEmpty();
            assertThat(said.getJsonObject("online")).isEqualTo(new JsonObject().put("42", false));
            assertThat(said.getJsonArray("refusals").getString(0)).isEqualTo("key must be <keyId>.<secret>");
            assertThat(said.getJsonArray("refusals").getString(1)).contains("nodes");
        }
        assertThat(inbox(vertx, "42").stream().map(PhpClientIT::gist).toList())
                .containsExactly("/shop order {\"path\":\"a/b\"}", "/other order 2", "/shop both 3");
        assertThat(inbox(vertx, "43").stream().map(PhpClientIT::gist)).containsExactly("/shop both 3");
        assertThat(inbox(vertx, "7").stream().map(PhpClientIT::gist)).containsExactly("/private hello 5");
        assertThat(inbox(vertx, "8").stream().map(PhpClientIT::gist)).containsExactly("/ hello {\"user\":8}");
        Keys keys = new Keys(publisher.prefix);
        assertThat(stream(vertx, keys.kept(Channel.topic("news")))).contains("headline");
        String all = stream(vertx, keys.kept(Channel.BROADCAST));
        assertThat(all)
                .containsSubsequence("{\"percent\":20.0}", "{\"percent\":30}", "\"the last\"", "\"for all\"")
                .doesNotContain("order", "both", "hello");
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static int listen(HttpServer server) throws Exception {
        return server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .actualPort();
    }

    private static void refused(Php php, int status, String name, @Nullable String field) {
        assertThat(php.answer().getInteger("status")).as("of the only try").isEqualTo(status);
        JsonArray problem = php.list();
        assertThat(problem.getInteger(0)).isEqualTo(status);
        assertThat(problem.getString(1)).isEqualTo("urn:fanfare:problem:" + name);
        assertThat(problem.getString(2)).isEqualTo(field);
        assertThat(problem.getString(3)).isNotEmpty();
        assertThat(problem.getString(4)).isNotEmpty();
    }

    /** What the call came to: how many more tries failed depends on this machine. */
    private static JsonObject afterTries(Php php) {
        JsonObject answer = php.answer();
        while (answer.containsKey("tried")) {
            answer = php.answer();
        }
        return answer;
    }

    private List<Item> inbox(Vertx vertx, String user) throws Exception {
        return StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, user);
    }

    private static String gist(Item item) {
        JsonObject event = item.event().toJsonObject();
        Object data = event.getValue("data");
        return item.namespace() + " " + event.getString("event") + " " + data;
    }

    /** All that a stream holds, as text. */
    private static String stream(Vertx vertx, String key) throws Exception {
        Redis redis = Redis.createClient(vertx, RedisServer.shared().url());
        try {
            return redis.send(Request.cmd(Command.XRANGE).arg(key).arg("-").arg("+"))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS)
                    .toString();
        } finally {
            redis.close();
        }
    }

    /** One of the scripts in clients/php/tests while it runs; every line that it says must be read. */
    private static final class Php implements AutoCloseable {
        private static final int SECONDS_MAX = 90;

        private final Process process;
        private final BufferedReader said;

        private Php(boolean complaints, Map<String, String> environment, List<String> options, String... arguments) {
            List<String> command = new ArrayList<>(List.of(binary()));
            command.addAll(options);
            // A php.ini of old, and no complaint is lost.
            command.addAll(List.of("-d", "serialize_precision=5", "-d", "precision=5"));
            command.addAll(List.of("-d", "error_reporting=-1", "-d", "display_errors=1", "-d", "zend.assertions=1"));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command);
            if (complaints) {
                builder.redirectErrorStream(true);
            } else {
                builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            }
            builder.environment().putAll(environment);
            try {
                process = builder.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            said = process.inputReader(StandardCharsets.UTF_8);
            // Ends the wait for a line that never comes.
            CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS).execute(process::destroyForcibly);
        }

        static Php run(String script, String... arguments) {
            return with(List.of(), script, arguments);
        }

        static Php with(List<String> options, String script, String... arguments) {
            List<String> all = new ArrayList<>(List.of(script(script)));
            all.addAll(List.of(arguments));
            return new Php(true, Map.of(), options, all.toArray(String[]::new));
        }

        /** Serves a script as a site does. Complaints are answers of status 500; PHP's log of requests is nobody's. */
        static Php serve(String script, int port, Map<String, String> environment) {
            return new Php(false, environment, List.of(), "-S", "127.0.0.1:" + port, script(script));
        }

        private static String script(String name) {
            return Path.of("clients", "php", "tests", name).toString();
        }

        JsonObject answer() {
            String line = line();
            assertThat(line).startsWith("{");
            return new JsonObject(line);
        }

        JsonArray list() {
            String line = line();
            assertThat(line).startsWith("[");
            return new JsonArray(line);
        }

        /** It has nothing more to say, and no complaint. */
        void ends() {
            try {
                assertThat(said.readLine()).isNull();
                assertThat(process.waitFor()).isZero();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }

        private String line() {
            try {
                String line = said.readLine();
                assertThat(line).as("what PHP says").isNotNull();
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Skips the test on a machine without it, save where nothing may be skipped. */
        private static String binary() {
            Optional<Path> binary = Stream.of(System.getenv("PATH").split(":"))
                    .map(folder -> Path.of(folder, "php"))
                    .filter(Files::isExecutable)
                    .filter(Php::hasCurl)
                    .findFirst();
            String hint = "no php with curl; ./deploy/test installs it";
            assumeTrue(binary.isPresent() || "true".equals(System.getenv("CI")), hint);
            return binary.orElseThrow(() -> new IllegalStateException(hint)).toString();
        }

        private static boolean hasCurl(Path php) {
            String question = "exit(extension_loaded('curl') ? 0 : 1);";
            try {
                return new ProcessBuilder(php.toString(), "-r", question)
                                .start()
                                .waitFor()
                        == 0;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
