package fanfare.gateway;

import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import java.util.Map;

/** A cluster whose gateways reach a Redis of its own over a link that a test may break. */
record LinkedCluster(RedisServer server, FlakyLink link, Cluster cluster) implements AutoCloseable {
    static LinkedCluster of(int gateways) {
        return of(gateways, Map.of());
    }

    /** The same with these settings on top of the usual ones. */
    static LinkedCluster of(int gateways, Map<String, String> settings) {
        RedisServer server = RedisServer.start();
        FlakyLink link = FlakyLink.to(server.port());
        return new LinkedCluster(server, link, Cluster.on(server, link.port(), gateways, settings));
    }

    @Override
    public void close() {
        try {
            cluster.close();
        } finally {
            link.close();
            server.close();
        }
    }
}
