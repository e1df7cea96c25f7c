package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.DevCluster;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two users of one page, each with a login of their own, over WebSocket and the balancer. */
@Timeout(120)
class TwoUsersIT {
    private static Chromium chromium;
    private static DevCluster cluster;

    @BeforeAll
    static void start() {
        chromium = Chromium.launch();
        cluster = DevCluster.start(2);
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Two sub-domains of one site, or one host name with two cookie jars: both ways of being two users at once. */
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "demo.localhost"})
    void privateReachesItsUserAndPublicEveryone(String host) {
        try (DemoPage page = chromium.open(cluster.page(host))) {
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
        try (DemoPage page = chromium.open(cluster.page("localhost"))) {
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

    @Test
    void theCurlToPastePublishesAsItIs() throws Exception {
        String data = "{\"text\":\"it's \\\\ fine\"}";
        try (DemoPage page = chromium.open(cluster.page("localhost"))) {
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
