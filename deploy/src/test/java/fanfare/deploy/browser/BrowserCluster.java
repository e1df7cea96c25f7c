package fanfare.deploy.browser;

import fanfare.deploy.DevCluster;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A browser and a cluster for all tests of a class. */
public final class BrowserCluster implements BeforeAllCallback, AfterAllCallback {
    private final int gateways;
    private @Nullable Chromium chromium;
    private @Nullable DevCluster cluster;

    private BrowserCluster(int gateways) {
        this.gateways = gateways;
    }

    public static BrowserCluster of(int gateways) {
        return new BrowserCluster(gateways);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        chromium = Chromium.launch();
        cluster = DevCluster.start(gateways);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (chromium != null) {
            chromium.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    public Chromium chromium() {
        return Objects.requireNonNull(chromium);
    }

    public DevCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
