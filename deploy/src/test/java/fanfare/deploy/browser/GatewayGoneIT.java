package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.DevCluster;
import fanfare.testing.Await;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gateway is told to stop, and another one dies; their browsers come to others by themselves. */
@Timeout(120)
class GatewayGoneIT {
    @Test
    void theBrowserComesBackElsewhere() {
        try (Chromium chromium = Chromium.launch();
                DevCluster cluster = DevCluster.start(3)) {
            List<String> left = new ArrayList<>(List.of("gateway-1", "gateway-2", "gateway-3"));
            try (Tab tab = chromium.openTab(cluster.page("localhost"), "carol")) {
                left.remove(leftWithoutACut(tab, cluster));
            }
            try (DemoPage page = chromium.open(cluster.page("localhost"))) {
                String killed = page.alice.node();
                cluster.killGateway(killed);
                left.remove(killed);
                String other = left.get(0);
                page.alice.awaitNode(other);
                page.alice.awaitOpen("alice");
                page.bob.awaitNode(other);
                page.publishTo("alice, bob", "\"after\"");
                page.alice.expectNewest("private", "\"after\"");
                page.bob.expectNewest("private", "\"after\"");
            }
        }
    }

    /** The page is never without a connection; the gateway that was told to stop. */
    private static String leftWithoutACut(Tab tab, DevCluster cluster) {
        tab.open("with/basket");
        String stopped = tab.node();
        cluster.stopGateway(stopped);
        Await.until("the tab has moved", () -> tab.isOpen() && !tab.node().equals(stopped));
        tab.publish("after");
        tab.expect("after");
        assertThat(tab.course()).isEqualTo(List.of("connecting", "websocket", "websocket"));
        return stopped;
    }
}
