package fanfare.deploy.balancer;

import static fanfare.testing.Await.result;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three gateways, of which the second is never ready. */
class RotationIT {
    private static final String HOST = "127.0.0.1";
    /** A backend is out when it says so: one whose machine was busy for a moment must not miss its turn. */
    private static final int PATIENT_MS = 10_000;
    /** What a gateway takes. */
    private static final int HEAD_BYTES_MAX = 16 << 10;

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient();
    private final int port = RedisServer.freePort();
    private final int managementPort = RedisServer.freePort();

    @BeforeEach
    void start() throws Exception {
        List<Backend> backends = List.of(gateway("one", 200), gateway("two", 503), gateway("three", 200));
        result(vertx.deployVerticle(
                new Balancer(new BalancerConfig(HOST, port, managementPort, backends, 0), PATIENT_MS)));
        Await.until("two are ready", () -> text(managementPort, "/readyz", "").contains("2 of 3 ready"));
    }

    @AfterEach
    void stop() throws Exception {
        result(vertx.close());
    }

    @Test
    void thoseThatAreReadyShareAlike() throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 12; i++) {
            counts.merge(text(port, "/", ""), 1, Integer::sum);
        }
        assertThat(counts).isEqualTo(Map.of("one", 6, "three", 6));
    }

    @Test
    void cookiesThatAGatewayTakesPass() throws Exception {
        assertThat(text(port, "/", "a=" + "x".repeat(12_000))).isIn("one", "three");
    }

    @Test
    void aQueryThatAGatewayTakesPasses() throws Exception {
        assertThat(text(port, "/?positions=" + "x".repeat(12_000), "")).isIn("one", "three");
    }

    private Backend gateway(String name, int readiness) throws Exception {
        int gatewayPort = result(vertx.createHttpServer(new HttpServerOptions()
                                .setMaxHeaderSize(HEAD_BYTES_MAX)
                                .setMaxInitialLineLength(HEAD_BYTES_MAX))
                        .requestHandler(request -> request.response().end(name))
                        .listen(0, HOST))
                .actualPort();
        int gatewayManagementPort = result(vertx.createHttpServer()
                        .requestHandler(request ->
                                request.response().setStatusCode(readiness).end())
                        .listen(0, HOST))
                .actualPort();
        return new Backend(HOST, gatewayPort, gatewayManagementPort);
    }

    private String text(int atPort, String path, String cookie) {
        return result(client.request(HttpMethod.GET, atPort, HOST, path)
                        // The body is asked for on the event loop: a response waits for nobody.
                        .compose(request ->
                                request.putHeader("Cookie", cookie).send().compose(HttpClientResponse::body)))
                .toString();
    }
}
