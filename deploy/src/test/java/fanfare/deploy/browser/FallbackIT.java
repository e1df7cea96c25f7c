package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.DevCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Browsers that are kept from WebSockets, with three gateways that get one request each in turn. */
@Timeout(120)
class FallbackIT {
    private static Chromium chromium;
    private static DevCluster cluster;

    @BeforeAll
    static void start() {
        chromium = Chromium.launch();
        cluster = DevCluster.start(3);
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

    @ParameterizedTest
    @ValueSource(strings = {"xhr-polling", "xhr-streaming"})
    void privateAndPublicArriveAndLogoutEnds(String transport) {
        try (DemoPage page = chromium.open(cluster.page("localhost") + "?transports=" + transport)) {
            assertThat(page.alice.transport()).isEqualTo(transport);
            page.publishTo("alice", "{\"for\":\"alice\"}");
            page.publishTo("bob", "{\"for\":\"bob\"}");
            // Private and public messages have no order between them, unless one has been seen before the other is
            // sent.
            page.alice.expect("{\"for\":\"alice\"}");
            page.bob.expect("{\"for\":\"bob\"}");
            page.publishToEveryone("\"all\"");
            page.alice.expect("\"all\"", "{\"for\":\"alice\"}");
            page.bob.expect("\"all\"", "{\"for\":\"bob\"}");
            page.bob.signOut();
            page.bob.awaitClosed(4102);
        }
    }
}
