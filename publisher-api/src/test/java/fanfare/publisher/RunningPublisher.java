package fanfare.publisher;

import fanfare.config.Env;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** A whole publisher on free loopback ports, asked over real HTTP; its prefix is random unless a setting says another. */
final class RunningPublisher implements AutoCloseable {
    static final String DEV = "dev.secret";
    static final String PUBLISH =
            """
            {"to":{"user":"42"},"namespace":"/a","event":"e","data":{"n": 1.0}}""";
    private static final Duration WAIT_MAX = Duration.ofSeconds(20);

    final String prefix;
    final int port = RedisServer.freePort();
    final int managementPort = RedisServer.freePort();
    /** Ids that the publisher asked for so far. */
    final AtomicInteger made = new AtomicInteger();
    /** Whether it meets a bug whenever it asks for another one. */
    volatile boolean outOfIds;

    private final HttpClient client = HttpClient.newHttpClient();
    private final Publisher publisher;

    private RunningPublisher(String redisUrl, Duration bodyMax, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        prefix = all.computeIfAbsent("FANFARE_REDIS_PREFIX", name -> "test:" + UUID.randomUUID() + ":");
        all.put("FANFARE_LISTEN_HOST", "127.0.0.1");
        all.put("FANFARE_LISTEN_PORT", Integer.toString(port));
        all.put("FANFARE_MANAGEMENT_PORT", Integer.toString(managementPort));
        all.put("FANFARE_DEV_KEY", DEV);
        all.put("FANFARE_REDIS_URL", redisUrl);
        publisher = new Publisher(PublisherConfig.from(new Env(all)), 2, bodyMax, this::id);
        Await.result(publisher.start());
    }

    private String id() {
        if (outOfIds) {
            throw new IllegalStateException("out of ids");
        }
        return "made-" + made.incrementAndGet();
    }

    static RunningPublisher start() {
        return start(RedisServer.shared().url(), PublisherVerticle.BODY_MAX, Map.of());
    }

    static RunningPublisher start(String redisUrl, Duration bodyMax, Map<String, String> settings) {
        RunningPublisher started = new RunningPublisher(redisUrl, bodyMax, settings);
        Await.until(
                "the publisher is ready",
                () -> started.get(started.managementPort, "/readyz").statusCode() == 200);
        return started;
    }

    /** One with a key file in that folder; each key is its id and permissions, and its secret is "secret". */
    static RunningPublisher withKeys(Path folder, Map<String, String> keys) {
        String hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        StringBuilder lines = new StringBuilder();
        keys.forEach((id, permissions) ->
                lines.append(id + ", " + hash + ", " + permissions).append('\n'));
        try {
            Path file = Files.writeString(folder.resolve("keys"), lines);
            return start(
                    RedisServer.shared().url(),
                    PublisherVerticle.BODY_MAX,
                    Map.of("FANFARE_KEYS_FILE", file.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JSON body to the development key's publisher. */
    HttpResponse<String> post(String path, String body) {
        return post(path, DEV, body);
    }

    HttpResponse<String> post(String path, String key, String body) {
        return send(request(port, path)
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> publish(String key, String to, String namespace) {
        return post(
                "/v1/publish",
                key,
                "{\"to\":" + to + ",\"namespace\":\"" + namespace + "\",\"event\":\"e\",\"data\":1}");
    }

    HttpResponse<String> get(int port, String path) {
        return send(request(port, path).header("Authorization", "Bearer " + DEV).GET());
    }

    HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.timeout(WAIT_MAX).build(), BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends bytes as they are and reads until the server closes. */
    String raw(String bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) WAIT_MAX.toMillis());
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    List<Route> routes() {
        return publisher.routes();
    }

    /** The value of a sample on the management port, 0 if there is none. */
    double metric(String sample) {
        return get(managementPort, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    static JsonObject json(HttpResponse<String> response) {
        return new JsonObject(response.body());
    }

    @Override
    public void close() {
        Await.result(publisher.stop());
    }
}
