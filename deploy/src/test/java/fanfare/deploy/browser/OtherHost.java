package fanfare.deploy.browser;

import fanfare.deploy.DevCluster;
import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.Readiness;
import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A gateway beside a cluster, with a host name of its own: the site's pages are at {@code app.shop.localhost}, the gateway is
 * at {@code push.shop.localhost}, and {@code FANFARE_ALLOWED_ORIGINS} names these pages and a partner's. To a browser both
 * hosts are of one site, {@code shop.localhost}, which is what decides over cookies; it finds all of these names on this
 * machine.
 */
final class OtherHost implements AutoCloseable {
    private final DevCluster cluster;
    private final Child gateway;
    private final FlakyLink link;

    private OtherHost(DevCluster cluster, Child gateway, FlakyLink link) {
        this.cluster = cluster;
        this.gateway = gateway;
        this.link = link;
    }

    static OtherHost beside(DevCluster cluster) {
        try {
            int port = RedisServer.freePort();
            int managementPort = RedisServer.freePort();
            Path logs = Files.createDirectories(Path.of("target/logs/browser").toAbsolutePath());
            Child gateway = Child.start(
                    "gateway-" + port,
                    logs,
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-jar",
                            Path.of("../gateway/target/gateway.jar")
                                    .toAbsolutePath()
                                    .toString()),
                    Map.of(
                            "FANFARE_NODE_NAME",
                            "other-host",
                            "FANFARE_LISTEN_HOST",
                            "127.0.0.1",
                            "FANFARE_LISTEN_PORT",
                            Integer.toString(port),
                            "FANFARE_MANAGEMENT_PORT",
                            Integer.toString(managementPort),
                            "FANFARE_REDIS_URL",
                            "redis://127.0.0.1:" + cluster.port(6390),
                            "FANFARE_SITE_AUTH_URL",
                            cluster.page("127.0.0.1") + "push/auth",
                            "FANFARE_SITE_COOKIES",
                            "site_session",
                            "FANFARE_ALLOWED_ORIGINS",
                            "http://app.shop.localhost:%1$d,http://partner.localhost:%1$d"
                                    .formatted(cluster.port(8000)),
                            "FANFARE_PARENT_PID",
                            Long.toString(ProcessHandle.current().pid())));
            new Readiness().await(gateway, managementPort);
            return new OtherHost(cluster, gateway, FlakyLink.to(port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Where browsers find the gateway. */
    String url() {
        return "http://push.shop.localhost:" + link.port();
    }

    /** Where the pages are that may connect. */
    String pages() {
        return cluster.page("app.shop.localhost");
    }

    /** Pages of the same site, so that they have its cookies, which the gateway does not know. */
    String foreignPages() {
        return cluster.page("evil.shop.localhost");
    }

    /** Pages of another site that may connect. */
    String partnerPages() {
        return cluster.page("partner.localhost");
    }

    /** Between browsers and the gateway. */
    FlakyLink link() {
        return link;
    }

    @Override
    public void close() {
        link.close();
        gateway.stop();
        try {
            gateway.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
