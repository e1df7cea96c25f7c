package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Starts a Redis of our own, which keeps nothing, of one of the kinds that Fanfare knows. Blocks the caller. */
final class RedisServers {
    static final String LOOPBACK = "127.0.0.1";

    private static final int SLOTS = 16_384;
    private static final int MASTERS = 3;
    private static final Duration FORM_MAX = Duration.ofSeconds(30);
    private static final int ASK_EVERY_MS = 50;

    /** Starts a child that the cluster will stop. */
    interface Starter {
        Child start(String name, List<String> command) throws IOException;
    }

    private interface Question {
        boolean isYes() throws IOException;
    }

    private final RedisBinary binary;
    private final Ports ports;
    private final Path folder;
    private final Starter starter;
    private final Readiness readiness = new Readiness();

    /** A set of servers whose files, such as they need, are in this folder. */
    RedisServers(RedisBinary binary, Ports ports, Path folder, Starter starter) {
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
        if (!binary.hasShardedPubSub()) {
            throw new IOException("a cluster takes Redis 7.0 or newer on the PATH; found " + binary.description());
        }
        List<Integer> servers = RedisKind.CLUSTER.servers(ports);
        List<RedisAdmin> admins = servers.stream().map(RedisAdmin::new).toList();
        for (int i = 0; i < servers.size(); i++) {
            Path nodes = folder.resolve("redis-" + (i + 1) + ".nodes");
            Files.deleteIfExists(nodes);
            server(
                    "redis-" + (i + 1),
                    servers.get(i),
                    List.of(
                            "--cluster-enabled",
                            "yes",
                            "--cluster-config-file",
                            nodes.toString(),
                            "--cluster-port",
                            Integer.toString(ports.redisCompanion(i)),
                            "--cluster-node-timeout",
                            "2000",
                            // What is left goes on if a shard is gone.
                            "--cluster-require-full-coverage",
                            "no"));
        }
        for (int i = 0; i < MASTERS; i++) {
            admins.get(i).command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            admins.get(i)
                    .command(
                            "CLUSTER",
                            "ADDSLOTSRANGE",
                            Integer.toString(i * SLOTS / MASTERS),
                            Integer.toString((i + 1) * SLOTS / MASTERS - 1));
        }
        for (int i = 1; i < servers.size(); i++) {
            admins.get(0)
                    .command(
                            "CLUSTER",
                            "MEET",
                            LOOPBACK,
                            Integer.toString(servers.get(i)),
                            Integer.toString(ports.redisCompanion(i)));
        }
        for (int i = 0; i < MASTERS; i++) {
            String master = admins.get(i).command("CLUSTER", "MYID");
            RedisAdmin replica = admins.get(MASTERS + i);
            await(() -> replica.command("CLUSTER", "NODES").contains(master));
            replica.command("CLUSTER", "REPLICATE", master);
        }
        for (RedisAdmin admin : admins) {
            await(() -> admin.command("CLUSTER", "INFO").contains("cluster_state:ok"));
        }
    }

    private void server(String name, int port, List<String> more) throws IOException, InterruptedException {
        readiness.awaitRedis(starter.start(name, RedisBinary.server(binary.path(), port, folder, name, more)), port);
    }

    private static void await(Question question) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + FORM_MAX.toNanos();
        while (!question.isYes()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the servers do not find together within " + FORM_MAX.toSeconds() + " s");
            }
            Thread.sleep(ASK_EVERY_MS);
        }
    }
}
