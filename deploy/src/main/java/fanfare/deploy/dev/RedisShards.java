package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The servers of a Redis Cluster on loopback, which keeps nothing: masters that share the slots evenly, and then a replica of
 * each in the same order. Blocks the caller.
 */
public final class RedisShards {
    /** How many there are. */
    public static final int COUNT = 3;

    private static final int SLOTS = 16_384;
    private static final Duration CHANGE_MAX = Duration.ofSeconds(30);
    private static final int ASK_EVERY_MS = 50;

    /** Where a server listens to clients, and where to the other servers. */
    public record Address(int port, int busPort) {}

    /** Something about a server that may not answer yet. */
    public interface Question {
        boolean isYes() throws IOException;
    }

    private final RedisBinary binary;
    private final Path folder;
    private final Child.Starter starter;
    private final Readiness readiness = new Readiness();
    private final List<Address> addresses;
    private final int weight;
    private final IntFunction<List<String>> options;

    /** Servers whose files are in this folder, two for each shard. */
    public RedisShards(RedisBinary binary, Path folder, Child.Starter starter, List<Address> addresses) {
        this(binary, folder, starter, addresses, 1, server -> List.of());
    }

    /**
     * The same with more to say.
     *
     * @param weight how many times as many slots as each of the others the first shard has
     * @param options by the number of a server, beside what it needs
     */
    public RedisShards(
            RedisBinary binary,
            Path folder,
            Child.Starter starter,
            List<Address> addresses,
            int weight,
            IntFunction<List<String>> options) {
        this.weight = weight;
        this.options = options;
        this.binary = binary;
        this.folder = folder;
        this.starter = starter;
        this.addresses = List.copyOf(addresses);
    }

    /**
     * Starts all of them, and returns when each replica follows its master.
     *
     * @return the servers in their order
     * @throws IOException also if this Redis is too old for what Fanfare asks of a cluster
     */
    public List<Child> start() throws IOException, InterruptedException {
        if (!binary.hasShardedPubSub()) {
            throw new IOException("a cluster takes Redis 7.0 or newer on the PATH; found " + binary.description());
        }
        Child[] servers = new Child[addresses.size()];
        for (int i = 0; i < servers.length; i++) {
            Files.deleteIfExists(nodes(i));
            servers[i] = start(i, "redis-" + (i + 1));
        }
        for (int i = 0; i < COUNT; i++) {
            server(i).command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            server(i)
                    .command(
                            "CLUSTER",
                            "ADDSLOTSRANGE",
                            Integer.toString(firstSlot(i)),
                            Integer.toString(firstSlot(i + 1) - 1));
        }
        for (Address address : addresses.subList(1, addresses.size())) {
            server(0)
                    .command(
                            "CLUSTER",
                            "MEET",
                            RedisServers.LOOPBACK,
                            Integer.toString(address.port()),
                            Integer.toString(address.busPort()));
        }
        for (int i = 0; i < COUNT; i++) {
            String master = server(i).command("CLUSTER", "MYID");
            RedisAdmin replica = server(COUNT + i);
            await("the servers know each other", () -> replica.command("CLUSTER", "NODES")
                    .contains(master));
            replica.command("CLUSTER", "REPLICATE", master);
        }
        awaitWhole();
        return List.of(servers);
    }

    /** Starts one, which still knows the others if it ran before; the name is that of its log. */
    public Child start(int number, String name) throws IOException, InterruptedException {
        Address address = addresses.get(number);
        List<String> all = new ArrayList<>(List.of(
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                nodes(number).toString(),
                "--cluster-port",
                Integer.toString(address.busPort()),
                "--cluster-node-timeout",
                "2000",
                // What is left goes on if a shard is gone.
                "--cluster-require-full-coverage",
                "no"));
        all.addAll(options.apply(number));
        Child child = starter.start(name, RedisBinary.server(binary.path(), address.port(), folder, name, all));
        readiness.awaitRedis(child, address.port());
        return child;
    }

    /** Asks one of them. */
    public RedisAdmin server(int number) {
        return new RedisAdmin(addresses.get(number).port());
    }

    /** The shard that has a slot in the beginning. */
    public int homeOf(int slot) {
        int shard = 0;
        while (slot >= firstSlot(shard + 1)) {
            shard++;
        }
        return shard;
    }

    /** What a process is given to find them. */
    public String url() {
        return RedisKind.clusterUrl(addresses.stream().map(Address::port).toList());
    }

    /** Waits until every shard has a master and a replica that follows it, and all servers say so. */
    public void awaitWhole() throws IOException, InterruptedException {
        for (int i = 0; i < addresses.size(); i++) {
            RedisAdmin server = server(i);
            await("the cluster is whole", () -> sees(server));
        }
    }

    /**
     * Waits until something is so.
     *
     * @throws IOException if it takes too long
     */
    public static void await(String what, Question question) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + CHANGE_MAX.toNanos();
        while (!isYes(question)) {
            if (System.nanoTime() > deadline) {
                throw new IOException("not so within %d s: %s".formatted(CHANGE_MAX.toSeconds(), what));
            }
            Thread.sleep(ASK_EVERY_MS);
        }
    }

    private static boolean isYes(Question question) {
        try {
            return question.isYes();
        } catch (IOException e) {
            return false; // not there, or busy with becoming a replica
        }
    }

    private static boolean sees(RedisAdmin server) throws IOException {
        String replication = server.command("INFO", "replication");
        String nodes = server.command("CLUSTER", "NODES");
        return server.command("CLUSTER", "INFO").contains("cluster_state:ok")
                && (replication.contains("role:master") || replication.contains("master_link_status:up"))
                && nodes.lines().filter(line -> line.contains("slave ")).count() == COUNT
                && !nodes.contains("fail");
    }

    private Path nodes(int number) {
        return folder.resolve("redis-" + (number + 1) + ".nodes");
    }

    /** The first slot that a shard has in the beginning; the end of all for the shard behind the last. */
    public int firstSlot(int shard) {
        return shard == 0 ? 0 : (weight + shard - 1) * SLOTS / (weight + COUNT - 1);
    }
}
