package fanfare.deploy.bench;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A process of a benchmark that does what it is told over HTTP. Blocks the caller. */
final class Remote {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(3);

    private static final int POLL_MS = 5;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String name;
    private final int port;

    Remote(String name, int port) {
        this.name = name;
        this.port = port;
    }

    /** @throws IOException with what it answered, if that is no success */
    JsonObject ask(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + Workbench.LOOPBACK + ":" + port + path))
                .timeout(ANSWER_MAX)
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(name + ": " + answer.body());
        }
        return new JsonObject(answer.body());
    }

    /** Waits until what it answers says that so many messages have come in all; false if it does not in time. */
    boolean awaitHeard(String path, long messages, Duration max) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + max.toNanos();
        while (ask(path).getLong("heard") < messages) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(POLL_MS);
        }
        return true;
    }
}
