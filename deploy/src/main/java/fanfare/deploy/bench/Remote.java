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
}
