package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two users of one page, each with a login of their own, over WebSocket and the balancer. */
@Timeout(120)
class TwoUsersIT {
    private static final int FLOOD = 300;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(2);

    /** Two sub-domains of one site, or one host name with two cookie jars: both ways of being two users at once. */
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "demo.localhost"})
    void privateReachesItsUserAndPublicEveryone(String host) {
        try (DemoPage page = STAGE.chromium().open(STAGE.cluster().page(host))) {
            assertThat(page.alice.transport()).isEqualTo("websocket");
            page.publishTo("alice", "{\"for\":\"alice\"}");
            page.alice.expectNewest("private", "{\"for\":\"alice\"}");
            page.awaitReceipt("alice", "acknowledged");
            page.publishTo("alice, bob", "[1,null,\"zwölf\"]");
            // Private and public messages have no order between them, unless one has been seen before the other is
            // sent.
            page.alice.expectNewest("private", "[1,null,\"zwölf\"]");
            page.bob.expectNewest("private", "[1,null,\"zwölf\"]");
            page.awaitReceipt("alice", "acknowledged");
            page.awaitReceipt("bob", "acknowledged");
            page.publishToEveryone("\"all\"");
            page.alice.expectNewest("broadcast", "\"all\"");
            page.alice.expect("\"all\"", "[1,null,\"zwölf\"]", "{\"for\":\"alice\"}");
            page.bob.expect("\"all\"", "[1,null,\"zwölf\"]");
        }
    }

    @Test
    void logoutClosesForGoodAndLoginComesBack() {
        try (DemoPage page = STAGE.chromium().open(STAGE.cluster().page("localhost"))) {
            page.awaitPresence("bob", true);
            page.bob.signOut();
            page.bob.awaitClosed(4102);
            page.bob.signIn("carol");
            page.bob.awaitOpen("carol");
            page.publishTo("bob", "1");
            page.awaitReceipt("bob", "offline");
            page.publishTo("carol", "2");
            page.bob.expect("2");
            page.awaitReceipt("carol", "acknowledged");
            page.awaitPresence("carol", true);
        }
    }

    /** More at once than the gateway takes messages in a second, and longer together than it takes one. */
    @Test
    void whatComesInAFloodIsAcknowledgedToTheLast() throws Exception {
        try (DemoPage page = STAGE.chromium().open(STAGE.cluster().page("localhost"))) {
            String batch = "x".repeat(100) + UUID.randomUUID().toString().substring(0, 8) + "-";
            String publications = IntStream.range(0, FLOOD)
                    .mapToObj(i -> "{\"to\":{\"user\":\"alice\"},\"namespace\":\"/n\",\"event\":\"e\",\"data\":" + i
                            + ",\"id\":\"" + batch + i + "\",\"receipt\":true}")
                    .collect(Collectors.joining(","));
            assertThat(publisher("batch", BodyPublishers.ofString("{\"publications\":[" + publications + "]}")))
                    .doesNotContain("problem");
            for (int i = 0; i < FLOOD; i++) {
                String path = "messages/" + batch + i;
                Await.until(i + " is acknowledged", () -> publisher(path, null).contains("\"acknowledged\":1,"));
            }
            page.alice.expectNewest("private", Integer.toString(FLOOD - 1));
        }
    }

    /** Asks the publisher as a backend does; without a body it is a GET. */
    private static String publisher(String path, @Nullable BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + STAGE.cluster().port(8090) + "/v1/" + path))
                .header("Authorization", "Bearer dev.secret")
                .header("Content-Type", "application/json");
        try {
            return HTTP.send((body == null ? request.GET() : request.POST(body)).build(), BodyHandlers.ofString())
                    .body();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theCurlToPastePublishesAsItIs() throws Exception {
        String data = "{\"text\":\"it's \\\\ fine\"}";
        try (DemoPage page = STAGE.chromium().open(STAGE.cluster().page("localhost"))) {
            page.publishTo("alice", data);
            page.alice.expect(data);
            Process shell = new ProcessBuilder("sh", "-c", page.code("curl") + " -sS").start();
            String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(shell.waitFor()).isZero();
            assertThat(answer).contains("\"position\"");
            page.alice.expect(data, data);
        }
    }
}
