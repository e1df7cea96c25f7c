package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Browsers that are kept from WebSockets, with three gateways that get one request each in turn. */
@Timeout(120)
class FallbackIT {
    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(3);

    @ParameterizedTest
    @ValueSource(strings = {"xhr-polling", "xhr-streaming"})
    void privateAndPublicArriveAndLogoutEnds(String transport) {
        try (DemoPage page = STAGE.chromium().open(STAGE.cluster().page("localhost") + "?transports=" + transport)) {
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
