package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RawHttp;
import fanfare.testing.RecordedLog;
import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonArray;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysIT {
    private static final String BODY = RunningPublisher.PUBLISH.replace("/a", "/shop");

    @TempDir
    private Path folder;

    private final MadeKey shop = MadeKey.with("shop", "publish:user=/shop,presence:read");
    private RunningPublisher publisher;

    @BeforeEach
    void start() throws Exception {
        publisher = RunningPublisher.start(
                RedisServer.shared().url(),
                PublisherVerticle.BODY_MAX,
                Map.of("FANFARE_KEYS_FILE", write(shop.line()).toString()));
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void aKeyMayDoWhatItsLineSaysAndNothingElse() {
        assertThat(status(shop, "{\"user\":\"1\"}", "/shop")).isEqualTo(200);
        assertThat(status(shop, "{\"users\":[\"1\"]}", "/shop")).isEqualTo(200);
        assertThat(status(shop, "{\"user\":\"1\"}", "/other")).isEqualTo(403);
        assertThat(status(shop, "{\"user\":\"1\"}", "{")).isEqualTo(403);
        assertThat(status(shop, "{\"broadcast\":true}", "/shop")).isEqualTo(403);
        assertThat(status(shop, "{\"topic\":\"x\"}", "/shop")).isEqualTo(403);
        assertThat(publisher.post("/v1/presence", shop.key(), "{\"users\":[]}").statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = publisher.post("/v1/disconnect", shop.key(), "{\"user\":\"1\"}");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).getString("type")).isEqualTo("urn:fanfare:problem:forbidden");
    }

    @Test
    void eachPublicationOfABatchIsJudgedByTheKey() {
        HttpResponse<String> response = publisher.post(
                "/v1/batch",
                shop.key(),
                """
                {"publications":[
                  {"to":{"user":"1"},"namespace":"/other","event":"e","data":1},
                  {"to":{"user":"1"},"namespace":"/shop","event":"e","data":1},
                  {"to":{"broadcast":true},"namespace":"/shop","event":"e","data":1}]}""");
        assertThat(response.statusCode()).isEqualTo(200);
        JsonArray results = json(response).getJsonArray("results");
        assertThat(results.getJsonObject(0).getInteger("status")).isEqualTo(403);
        assertThat(results.getJsonObject(0).getString("type")).isEqualTo("urn:fanfare:problem:forbidden");
        assertThat(results.getJsonObject(1).getString("position")).isNotEmpty();
        assertThat(results.getJsonObject(2).getInteger("status")).isEqualTo(403);
        assertThat(publisher.metric("fanfare_publishes_total{outcome=\"refused\"}"))
                .isEqualTo(2);
    }

    @Test
    void aMissingOrWrongKeyIsToldHowToComeIn() {
        for (String header : List.of("Basic ZGV2OnNlY3JldA==", "Bearer", "Bearer shop.wrong", "Bearer nobody.x", "x")) {
            HttpResponse<String> refused = publisher.send(publisher
                    .request(publisher.port, "/v1/publish")
                    .header("Authorization", header)
                    .POST(BodyPublishers.ofString(RunningPublisher.PUBLISH)));
            assertThat(refused.statusCode()).as(header).isEqualTo(401);
            assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Bearer");
            assertThat(json(refused).getString("type")).isEqualTo("urn:fanfare:problem:unauthorized");
        }
        assertThat(publisher
                        .send(publisher
                                .request(publisher.port, "/v1/users/1/presence")
                                .GET())
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void theOtherHeaderWorksToo() {
        assertThat(publisher
                        .send(publisher
                                .request(publisher.port, "/v1/users/1/presence")
                                .header("X-API-Key", shop.key())
                                .GET())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aChangedFileCountsWithoutARestartAndABrokenOneDoesNot() throws Exception {
        MadeKey next = MadeKey.with("next", "publish:user");
        RecordedLog log = RecordedLog.start();
        try {
            Files.writeString(folder.resolve("keys"), shop.line() + "half a li");
            until("the broken file is noticed", () -> publisher.metric("fanfare_keys_file_broken") == 1);
            assertThat(status(shop, "{\"user\":\"1\"}", "/shop")).isEqualTo(200);
            until("the log says so", () -> log.records().stream()
                    .anyMatch(entry -> entry.getMessage().contains("cannot be used, the old {1} stay in force")
                            && List.of(entry.getParameters()).toString().contains("line 2")));
        } finally {
            log.close();
        }

        try (RawHttp slow = underWay(shop)) {
            write(next.line());
            until("the new key works", () -> status(next, "{\"user\":\"1\"}", "/any") == 200);
            assertThat(status(shop, "{\"user\":\"1\"}", "/shop")).isEqualTo(401);
            slow.send(BODY.substring(10));
            assertThat(slow.answer().status()).isEqualTo(200);
        }
        // The keys are in force a moment before it is said that they are.
        until("the file is whole", () -> publisher.metric("fanfare_keys_file_broken") == 0);
        assertThat(publisher.metric("fanfare_keys")).isEqualTo(2);

        Files.delete(folder.resolve("keys"));
        until("the missing file is noticed", () -> publisher.metric("fanfare_keys_file_broken") == 1);
        assertThat(status(next, "{\"user\":\"1\"}", "/any")).isEqualTo(200);

        Path whole = Files.writeString(folder.resolve("keys.new"), shop.line());
        Files.move(whole, folder.resolve("keys"), StandardCopyOption.ATOMIC_MOVE);
        until("the old key works again", () -> status(shop, "{\"user\":\"1\"}", "/shop") == 200);
        assertThat(status(next, "{\"user\":\"1\"}", "/any")).isEqualTo(401);
    }

    /** A request whose key has been let in, and whose body is on its way. */
    private RawHttp underWay(MadeKey key) {
        RawHttp slow = RawHttp.to(publisher.port)
                .send(
                        """
                        POST /v1/publish HTTP/1.1\r
                        Host: localhost\r
                        Authorization: Bearer %s\r
                        Content-Type: application/json\r
                        Expect: 100-continue\r
                        Content-Length: %d\r
                        \r
                        """
                                .formatted(key.key(), BODY.length()));
        assertThat(slow.answer().status()).isEqualTo(100);
        return slow.send(BODY.substring(0, 10));
    }

    private int status(MadeKey key, String to, String namespace) {
        return publisher.publish(key.key(), to, namespace).statusCode();
    }

    /** Swaps the file as Kubernetes does that of a Secret: behind a link to a folder, which is renamed into its place. */
    private Path write(String lines) throws Exception {
        Path version = Files.createTempDirectory(folder, "version");
        Files.writeString(version.resolve("keys"), lines);
        Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), version.getFileName());
        Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        Path file = folder.resolve("keys");
        return Files.isSymbolicLink(file) ? file : Files.createSymbolicLink(file, Path.of("..data", "keys"));
    }
}
