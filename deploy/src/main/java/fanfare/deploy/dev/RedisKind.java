package fanfare.deploy.dev;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Which Redis the cluster is given. */
enum RedisKind {
    /** Somebody else's. */
    GIVEN(0, 0),
    ALONE(1, 0),
    /** A master with two replicas, and three sentinels. */
    SENTINEL(3, 3),
    /** Three masters with a replica each, every server with a port for the others. */
    CLUSTER(6, 6);

    /** What the sentinels know the master as. */
    static final String MASTER = "fanfare";

    private final int servers;
    private final int companions;

    RedisKind(int servers, int companions) {
        this.servers = servers;
        this.companions = companions;
    }

    /** Ports of the servers, counted from 0. */
    List<Integer> servers(Ports ports) {
        return IntStream.range(0, servers).mapToObj(ports::redis).toList();
    }

    /** Ports of the sentinels, or those on which the servers of a cluster speak to each other. */
    List<Integer> companions(Ports ports) {
        return IntStream.range(0, companions).mapToObj(ports::redisCompanion).toList();
    }

    /** What a process is given to find it; nothing for somebody else's. */
    String url(Ports ports) {
        return switch (this) {
            case GIVEN -> "";
            case ALONE -> "redis://" + addresses(servers(ports));
            case SENTINEL -> "redis-sentinel://" + addresses(companions(ports)) + "/" + MASTER;
            case CLUSTER -> clusterUrl(servers(ports));
        };
    }

    static String clusterUrl(List<Integer> servers) {
        return "redis-cluster://" + addresses(servers);
    }

    private static String addresses(List<Integer> ports) {
        return ports.stream().map(port -> RedisServers.LOOPBACK + ":" + port).collect(Collectors.joining(","));
    }
}
