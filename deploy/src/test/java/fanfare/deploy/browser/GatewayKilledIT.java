package fanfare.deploy.browser;

import fanfare.deploy.DevCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gateway dies; its browsers come back on another one by themselves. */
@Timeout(120)
class GatewayKilledIT {
    @Test
    void theBrowserComesBackElsewhere() {
        try (Chromium chromium = Chromium.launch();
                DevCluster cluster = DevCluster.start(2);
                DemoPage page = chromium.open(cluster.page("localhost"))) {
            String killed = page.alice.node();
            cluster.killGateway(killed);
            String other = killed.equals("gateway-1") ? "gateway-2" : "gateway-1";
            page.alice.awaitNode(other);
            page.alice.awaitOpen("alice");
            page.bob.awaitNode(other);
            page.publishTo("alice, bob", "\"after\"");
            page.alice.expectNewest("private", "\"after\"");
            page.bob.expectNewest("private", "\"after\"");
        }
    }
}
