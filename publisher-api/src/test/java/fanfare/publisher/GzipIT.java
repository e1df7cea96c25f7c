package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class GzipIT {
    private static final int BODY_BYTES_MAX = 8 << 20;
    private static final String BOMBS = "fanfare_http_gzip_too_large_total";

    private RunningPublisher publisher;

    @BeforeEach
    void start() {
        publisher = RunningPublisher.start();
    }

    @AfterEach
    void nothingWasABug() {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void everyPostMayBePacked(Vertx vertx) throws Exception {
        JsonObject published = json(ok(post("/v1/publish", "gzip", Gzip.of(RunningPublisher.PUBLISH))));
        assertThat(StoredItems.of(vertx, RedisServer.shared(), publisher.prefix, "42"))
                .extracting(item -> item.id() + item.event().toString().contains("\"data\":{\"n\":1.0}"))
                .containsExactly(published.getString("id") + "true");
        String batch = "{\"publications\":[" + RunningPublisher.PUBLISH + "]}";
        assertThat(json(ok(post("/v1/batch", "GZip", Gzip.of(batch)))).getJsonArray("results"))
                .hasSize(1);
        assertThat(ok(post("/v1/presence", "gzip", Gzip.of("{\"users\":[\"7\"]}")))
                        .body())
                .isEqualTo("{\"online\":{\"7\":false}}");
        assertThat(ok(post("/v1/disconnect", "gzip", Gzip.of("{\"user\":\"7\"}")))
                        .body())
                .isEqualTo("{\"requested\":true}");
    }

    @Test
    void limitsAreThoseOfWhatIsUnpacked() {
        String spaces = " ".repeat(BODY_BYTES_MAX - RunningPublisher.PUBLISH.length());
        ok(post("/v1/publish", "gzip", Gzip.of(RunningPublisher.PUBLISH + spaces)));
        assertThat(publisher.metric(BOMBS)).isZero();
        refused(post("/v1/publish", "gzip", Gzip.of(RunningPublisher.PUBLISH + spaces + " ")), 413, "too-large");
        assertThat(publisher.metric(BOMBS)).isEqualTo(1);
        String large = RunningPublisher.PUBLISH.replace("{\"n\": 1.0}", "\"" + "x".repeat(65_535) + "\"");
        HttpResponse<String> data = post("/v1/publish", "gzip", Gzip.of(large));
        refused(data, 413, "too-large");
        assertThat(json(data).getString("field")).isEqualTo("data");
        // Packed, it is over the limit already.
        refused(post("/v1/publish", "gzip", Gzip.bomb(10_000)), 413, "too-large");
        assertThat(publisher.metric(BOMBS)).isEqualTo(1);
    }

    @Test
    void otherEncodingsAreToldWhichThereIs() {
        for (String encoding : List.of("deflate", "br", "gzip, gzip", "x", "")) {
            HttpResponse<String> response = post("/v1/publish", encoding, Gzip.of(RunningPublisher.PUBLISH));
            refused(response, 415, "unsupported-media-type");
            assertThat(response.headers().firstValue("accept-encoding")).hasValue("gzip");
            assertThat(json(response).getString("detail")).contains("Content-Encoding");
        }
        HttpRequest.Builder twice = request("/v1/publish", "gzip", Gzip.of(RunningPublisher.PUBLISH))
                .header("Content-Encoding", "gzip");
        refused(publisher.send(twice), 415, "unsupported-media-type");
    }

    @Test
    void whatIsNoGzipIsRefused() {
        byte[] packed = Gzip.of(RunningPublisher.PUBLISH);
        refused(post("/v1/publish", "gzip", RunningPublisher.PUBLISH.getBytes(StandardCharsets.UTF_8)), 400, "invalid");
        refused(post("/v1/publish", "gzip", Arrays.copyOf(packed, packed.length - 1)), 400, "invalid");
        refused(post("/v1/publish", "gzip", new byte[0]), 400, "invalid");
        refused(post("/v1/publish", "identity", packed), 400, "invalid");
    }

    private HttpResponse<String> post(String path, String encoding, byte[] body) {
        return publisher.send(request(path, encoding, body));
    }

    private HttpRequest.Builder request(String path, String encoding, byte[] body) {
        return publisher
                .request(publisher.port, path)
                .header("Authorization", "Bearer " + RunningPublisher.DEV)
                .header("Content-Type", "application/json")
                .header("Content-Encoding", encoding)
                .POST(BodyPublishers.ofByteArray(body));
    }

    private static HttpResponse<String> ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static void refused(HttpResponse<String> response, int status, String name) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(json(response).getString("type")).isEqualTo("urn:fanfare:problem:" + name);
    }
}
