package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.Server;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The trial's Redis, with its own configuration and users: a gateway and a publisher may do all that they ever do, and nothing
 * else.
 */
class RedisUsersIT {
    private static final String AUTHORIZATION = "Authorization: Bearer " + Mounts.KEY;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Queue<String> toldSite = new ConcurrentLinkedQueue<>();
    private final Overlay overlay = Overlay.render("dev");
    private RedisServer redis;
    private TestSite site;
    private HttpServer hooks;
    private Server first;
    private Server second;
    private Server publisher;

    @BeforeEach
    void start() throws Exception {
        redis = redis();
        site = TestSite.start(vertx);
        site.answer(request -> {
            String login = request.login();
            return login == null
                    ? TestSite.Answer.of(401)
                    : TestSite.Answer.of(new JsonObject().put("user", login).put("topics", JsonArray.of("news")));
        });
        hooks = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    new JsonObject(body)
                            .getJsonArray("events").stream()
                                    .map(JsonObject.class::cast)
                                    .forEach(event ->
                                            toldSite.add(event.getString("type") + " " + event.getString("user")));
                    request.response().end();
                }))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        first = Pod.start("first", "gateway", gateway(), Mounts.of("gateway", folder));
        second = Pod.start("second", "gateway", gateway(), Mounts.of("gateway", folder));
        publisher = Pod.start("publisher", "publisher-api", publisher(), Mounts.of("publisher-api", folder));
        for (Server server : List.of(first, second, publisher)) {
            server.awaitReady();
            assertThat(RawHttp.get(server.managementPort(), "/livez").status()).isEqualTo(200);
        }
    }

    @AfterEach
    void stop() throws Exception {
        publisher.close();
        second.close();
        first.close();
        site.close();
        redis.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void mayDoWhatTheyDoAndNothingElse() throws Exception {
        checkConfigPasses("gateway", gateway());
        checkConfigPasses("publisher-api", publisher());
        everythingThatASiteAndItsPagesDo();
        assertThat(answer("AUTH admin admin", "ACL LOG")).isEqualTo("*0");
        for (Server server : List.of(first, second, publisher)) {
            assertThat(server.output()).doesNotContain("NOPERM");
        }

        String gateway = "AUTH gateway \"" + Mounts.GATEWAY_PASSWORD + "\"";
        denied(gateway, "FLUSHALL", "KEYS *", "CONFIG GET *", "ACL LIST", "CLIENT LIST", "GET other", "PSUBSCRIBE *");
        denied(gateway, "GET fanfare:once:{1}:user:x", "XADD fanfare:log:{broadcast} * a b", "SET fanfare:rate:shop 0");
        denied(gateway, "RPUSH fanfare:inbox:{1}:42 x", "SUBSCRIBE other", "PUBLISH other x");
        String publisher = "AUTH publisher \"" + Mounts.PUBLISHER_PASSWORD + "\"";
        denied(publisher, "FLUSHALL", "KEYS *", "CONFIG GET *", "SUBSCRIBE fanfare:control", "GET other");
        denied(publisher, "GET fanfare:session:{s}:x", "SET fanfare:node:x 1", "PUBLISH fanfare:probe:x y");
        denied("PING", "GET fanfare:nodes", "INFO", "PUBLISH fanfare:control x", "SUBSCRIBE x");
        assertThat(answer("PING", "AUTH gateway wrong")).startsWith("-WRONGPASS");
    }

    private void everythingThatASiteAndItsPagesDo() throws Exception {
        PushClient anna = PushClient.connectRaw(vertx, url(first), "?inbox=true", TestSite.login("anna"));
        anna.expectWelcome();
        PushClient ben =
                PushClient.connect(vertx, PushTransport.XHR, List.of(url(first), url(second)), TestSite.login("ben"));
        ben.expectWelcome();

        String id = publish("{\"user\":\"anna\"}", ",\"receipt\":true").getString("id");
        anna.expectEvent("e");
        anna.send("{\"type\":\"ack\",\"ids\":[\"" + id + "\"]}");
        Await.until("the receipt says that the page has it", () -> get("/v1/messages/" + id)
                .getJsonArray("channels")
                .getJsonObject(0)
                .getString("state")
                .equals("acknowledged"));
        publish("{\"broadcast\":true}", ",\"receipt\":true");
        publish("{\"topic\":\"news\"}", "");
        JsonArray many = new JsonArray(
                Stream.concat(Stream.of("anna", "ben"), IntStream.range(0, 10).mapToObj(n -> "user-" + n))
                        .toList());
        publish("{\"users\":" + many + "}", ",\"receipt\":true,\"ttl\":600");
        assertThat(publish("{\"user\":\"ben\"}", ",\"id\":\"same\",\"durability\":\"replicated\"")
                        .getBoolean("replicated"))
                .isFalse();
        assertThat(publish("{\"user\":\"ben\"}", ",\"id\":\"same\"").getBoolean("duplicate"))
                .isTrue();
        anna.expectEvents(3);
        ben.expectEvents(4);

        assertThat(get("/v1/users/anna/history").getJsonArray("publications")).hasSize(2);
        // Gateways tell Redis of their users, and of themselves, while they serve already.
        Await.until("anna is online", () -> get("/v1/users/anna/presence").getBoolean("online"));
        Await.until(
                "ben is listed", () -> get("/v1/presence").getJsonArray("users").contains("ben"));
        Await.until(
                "both gateways are known",
                () -> get("/v1/stats").getJsonArray("gateways").size() == 2);
        assertThat(post("/v1/presence", "{\"users\":[\"anna\",\"nobody\"]}")
                        .getJsonObject("online")
                        .getBoolean("nobody"))
                .isFalse();

        // Resumed elsewhere; one connection is all that a user may have here, so the newer one pushes the older one
        // out.
        PushClient elsewhere =
                PushClient.connectRaw(vertx, url(second), "?resume=" + anna.token(), TestSite.login("anna"));
        assertThat(elsewhere.expectVerdict().json().getBoolean("recovered")).isTrue();
        anna.expectClose(4106);
        post("/v1/disconnect", "{\"user\":\"ben\"}");
        ben.expectClose(4103);

        second.close();
        // Its lease ends, somebody clears up after it, and the site is told.
        Await.until(
                "the site hears who came and went",
                () -> toldSite.containsAll(
                        List.of("user.online anna", "user.online ben", "user.offline ben", "user.offline anna")));
    }

    private void checkConfigPasses(String module, Map<String, String> environment) throws Exception {
        try (Server check = Pod.check(module, environment, Mounts.of(module, folder))) {
            check.exitCode();
            assertThat(check.output()).contains("takes writes");
        }
    }

    private Map<String, String> gateway() {
        Map<String, String> environment = overlay.environment("gateway");
        assertThat(environment.get("FANFARE_REDIS_URL")).isEqualTo("redis://gateway@redis:6379");
        environment.put("FANFARE_REDIS_URL", "redis://gateway@127.0.0.1:" + redis.port());
        environment.put("FANFARE_SITE_AUTH_URL", site.authUrl());
        environment.put("FANFARE_CONNECTIONS_PER_USER_MAX", "1");
        return environment;
    }

    private Map<String, String> publisher() {
        Map<String, String> environment = overlay.environment("publisher-api");
        assertThat(environment.get("FANFARE_REDIS_URL")).isEqualTo("redis://publisher@redis:6379");
        environment.put("FANFARE_REDIS_URL", "redis://publisher@127.0.0.1:" + redis.port());
        environment.put("FANFARE_WEBHOOK_URL", "http://127.0.0.1:" + hooks.actualPort() + "/");
        environment.put("FANFARE_WEBHOOK_SECRET_FILE", "/run/fanfare/webhooks/secrets");
        return environment;
    }

    /** Redis with the trial's configuration, once the init container has written its users; and an administrator. */
    private RedisServer redis() throws Exception {
        Map<String, String> settings = overlay.all(ConfigMap.class).stream()
                .filter(map -> map.getMetadata().getName().startsWith("redis-settings"))
                .findFirst()
                .orElseThrow()
                .getData();
        for (Map.Entry<String, String> file : settings.entrySet()) {
            Mounts.write(folder.resolve("etc/redis").resolve(file.getKey()), file.getValue());
        }
        Mounts.write(folder.resolve("run/passwords/gateway"), Mounts.GATEWAY_PASSWORD + "\n");
        Mounts.write(folder.resolve("run/passwords/publisher"), Mounts.PUBLISHER_PASSWORD + "\n");
        Path users = folder.resolve("run/redis/users.acl");
        Files.createDirectories(users.getParent());
        Files.createDirectories(folder.resolve("data"));
        Container init =
                overlay.pods().get("redis").getSpec().getInitContainers().get(0);
        Process process = new ProcessBuilder(Stream.concat(init.getCommand().stream(), init.getArgs().stream())
                        .map(this::moved)
                        .toList())
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(users)).doesNotContain("@gateway@", "@publisher@", "p@ss");
        Files.writeString(users, Files.readString(users) + "user admin on >admin allkeys allchannels +@all\n");
        return RedisServer.start(settings.get("redis.conf")
                .lines()
                .filter(line -> !line.matches("(#|port|bind).*"))
                .flatMap(line -> Stream.of(("--" + moved(line)).split(" ")))
                .toArray(String[]::new));
    }

    private String moved(String text) {
        return text.replaceAll("(?<![\\w/])/(run|etc|data)\\b", folder + "/$1");
    }

    private static String url(Server gateway) {
        return "http://127.0.0.1:" + gateway.port();
    }

    private JsonObject publish(String to, String more) {
        return post("/v1/publish", "{\"to\":" + to + ",\"namespace\":\"/n\",\"event\":\"e\",\"data\":1" + more + "}");
    }

    private JsonObject post(String path, String body) {
        RawHttp.Answer answer =
                RawHttp.post(publisher.port(), path, body, AUTHORIZATION, "Content-Type: application/json");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private JsonObject get(String path) {
        RawHttp.Answer answer = RawHttp.get(publisher.port(), path, AUTHORIZATION);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private void denied(String login, String... commands) throws IOException {
        for (String command : commands) {
            assertThat(answer(login, command)).as(login + ", " + command).startsWith("-NOPERM");
        }
    }

    /** The first line of the answer to what is said after a login. */
    private String answer(String login, String command) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            socket.getOutputStream().write((login + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            BufferedReader answers =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answers.readLine()).isIn("+OK", "+PONG");
            return answers.readLine();
        }
    }
}
