package fanfare.deploy.bench;

import fanfare.deploy.bench.audience.Note;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A site's backend that makes one call after the other to a publisher. Blocks the caller. */
final class Backend {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
    /** Inboxes that are looked into. */
    private static final int SAMPLE = 200;
    /** What an inbox keeps. */
    private static final int INBOX_ITEMS = 100;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;

    Backend(int publisherPort) {
        this.address = "http://" + Workbench.LOOPBACK + ":" + publisherPort;
    }

    /** How many of some users' inboxes do not hold what was published to them. */
    int wrongInboxes(Sent sent, int users) throws IOException, InterruptedException {
        int wrong = 0;
        for (int user = 0; user < users; user += Math.max(1, users / SAMPLE)) {
            JsonArray kept = new JsonObject(ask(HttpRequest.newBuilder(
                            URI.create("%s/v1/users/%s/history?limit=1000".formatted(address, Note.userName(user))))))
                    .getJsonArray("publications");
            wrong += kept.size() == Math.min(INBOX_ITEMS, sent.to(user)) ? 0 : 1;
        }
        return wrong;
    }

    /**
     * Publishes a batch.
     *
     * @throws IOException if any of its publications was refused
     */
    void publishAll(JsonArray publications) throws IOException, InterruptedException {
        JsonObject body = new JsonObject().put("publications", publications);
        String answer = ask(HttpRequest.newBuilder(URI.create(address + "/v1/batch"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode())));
        if (answer.contains(Callers.PROBLEM)) {
            throw new IOException("the publisher answered " + answer);
        }
    }

    private String ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                request.header("Authorization", "Bearer " + Workbench.PUBLISHER_KEY)
                        .timeout(ANSWER_MAX)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("the publisher answered " + answer.body());
        }
        return answer.body();
    }
}
