package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Starts a Redis of our own, which keeps nothing, of one of the kinds that Fanfare knows. Blocks the caller. */
final class RedisServers {
    static final String LOOPBACK = "127.0.0.1";

    private final RedisBinary binary;
    private final Ports ports;
    private final Path folder;
    private final Child.Starter starter;
    private final Readiness readiness = new Readiness();

    /** A set of servers whose files, such as they need, are in this folder. */
    RedisServers(RedisBinary binary, Ports ports, Path folder, Child.Starter starter) {
        this.binary = binary;
        this.ports = ports;
        this.folder = folder;
        this.starter = starter;
    }

    void start(RedisKind kind) throws IOException, InterruptedException {
        switch (kind) {
            case GIVEN -> {}
            case ALONE -> server("redis", ports.redis(0), List.of());
            case SENTINEL -> startSentinels();
            case CLUSTER -> startCluster();
        }
    }

    private void startSentinels() throws IOException, InterruptedException {
        List<Integer> servers = RedisKind.SENTINEL.servers(ports);
        for (int i = 0; i < servers.size(); i++) {
            server(
                    "redis-" + (i + 1),
                    servers.get(i),
                    i == 0 ? List.of() : List.of("--replicaof", LOOPBACK + " " + servers.get(0)));
        }
        for (int port : RedisKind.SENTINEL.companions(ports)) {
            String name = "redis-sentinel-" + port;
            Path file = folder.resolve(name + ".conf");
            Files.writeString(
                    file,
                    """
                    port %1$d
                    bind %2$s
                    sentinel monitor %3$s %2$s %4$d 2
                    sentinel down-after-milliseconds %3$s 2000
                    sentinel failover-timeout %3$s 4000
                    """
                            .formatted(port, LOOPBACK, RedisKind.MASTER, servers.get(0)));
            readiness.awaitRedis(
                    starter.start(name, List.of(binary.path().toString(), file.toString(), "--sentinel")), port);
        }
    }

    private void startCluster() throws IOException, InterruptedException {
        List<Integer> servers = RedisKind.CLUSTER.servers(ports);
        List<RedisShards.Address> addresses = IntStream.range(0, servers.size())
                .mapToObj(i -> new RedisShards.Address(servers.get(i), ports.redisCompanion(i)))
                .toList();
        new RedisShards(binary, folder, starter, addresses).start();
    }

    private void server(String name, int port, List<String> more) throws IOException, InterruptedException {
        readiness.awaitRedis(starter.start(name, RedisBinary.server(binary.path(), port, folder, name, more)), port);
    }
}
