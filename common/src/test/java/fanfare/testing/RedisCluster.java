package fanfare.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A real Redis Cluster on loopback: masters that share the slots evenly, each with one replica, which takes its place two
 * seconds after it is gone, or none. Whatever is killed stays dead until it is restarted.
 */
public final class RedisCluster implements AutoCloseable {
    private static final int SLOTS = 16_384;

    private final List<RedisServer> servers = new ArrayList<>();
    private final ScratchFolder folder = ScratchFolder.make("redis-cluster");
    private final int masters;
    /** One of each server if they speak TLS to clients and to each other; empty if not. */
    private final List<Integer> tlsPorts;

    private RedisCluster(int masters, int replicas, boolean tls, List<String> options) {
        this.masters = masters;
        this.tlsPorts = tls
                ? IntStream.range(0, masters + replicas)
                        .mapToObj(server -> RedisServer.freePort())
                        .toList()
                : List.of();
        for (int i = 0; i < masters + replicas; i++) {
            servers.add(RedisServer.start(options(i, options)));
        }
        for (int i = 0; i < masters; i++) {
            ask(servers.get(i), "CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            ask(servers.get(i), "CLUSTER", "ADDSLOTSRANGE", first(i), Integer.toString(end(i) - 1));
        }
        for (RedisServer server : servers) {
            String port = Integer.toString(tls ? tlsPorts.get(servers.indexOf(server)) : server.port());
            ask(servers.get(0), "CLUSTER", "MEET", "127.0.0.1", port, bus(server));
        }
        Await.until("all servers know each other", () -> servers.stream()
                .allMatch(server -> ask(server, "CLUSTER", "INFO").contains("cluster_known_nodes:" + servers.size())));
        for (int i = 0; i < replicas; i++) {
            RedisServer replica = servers.get(masters + i);
            String master = id(servers.get(i));
            Await.until("the replica is given its master", () -> ask(replica, "CLUSTER", "REPLICATE", master)
                    .equals("OK"));
        }
        Await.until("the cluster serves", () -> servers.stream().allMatch(this::serves));
    }

    /** Starts one whose servers have these options beside what a cluster needs. */
    public static RedisCluster start(int masters, String... options) {
        return new RedisCluster(masters, masters, false, List.of(options));
    }

    /** The same without replicas. */
    public static RedisCluster ofMasters(int masters, String... options) {
        return new RedisCluster(masters, 0, false, List.of(options));
    }

    /** The same with servers that speak TLS, by certificates that the options name. */
    public static RedisCluster ofTlsMasters(int masters, String... options) {
        return new RedisCluster(masters, 0, true, List.of(options));
    }

    /** What a process is given to find it. */
    public String url() {
        return tlsPorts.isEmpty()
                ? url("redis-cluster://", servers.stream().map(RedisServer::port))
                : url("rediss-cluster://", tlsPorts.stream());
    }

    private static String url(String scheme, Stream<Integer> ports) {
        return ports.map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",", scheme, ""));
    }

    /** Those that began as masters, the first with the lowest slots. */
    public RedisServer master(int number) {
        return servers.get(number);
    }

    /** That which began as the replica of a master. */
    public RedisServer replica(int number) {
        return servers.get(masters + number);
    }

    /** The number of the master that had a key's slot at first. */
    public int ownerOf(String key) {
        return slotOf(key) * masters / SLOTS;
    }

    public int slotOf(String key) {
        return Integer.parseInt(ask(servers.get(0), "CLUSTER", "KEYSLOT", key));
    }

    /** Begins to move a slot: what is asked about from now on may be at either. */
    public void beginMove(int slot, RedisServer from, RedisServer to) {
        ask(to, "CLUSTER", "SETSLOT", Integer.toString(slot), "IMPORTING", id(from));
        ask(from, "CLUSTER", "SETSLOT", Integer.toString(slot), "MIGRATING", id(to));
    }

    /** Moves the keys. */
    public void moveKeys(int slot, RedisServer from, RedisServer to) {
        while (true) {
            List<String> keys = ask(from, "CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), "100")
                    .lines()
                    .toList();
            if (keys.isEmpty()) {
                return;
            }
            List<String> migrate = new ArrayList<>(
                    List.of("MIGRATE", "127.0.0.1", Integer.toString(to.port()), "", "0", "5000", "KEYS"));
            migrate.addAll(keys);
            String moved = ask(from, migrate.toArray(String[]::new));
            if (!moved.equals("OK")) {
                throw new IllegalStateException("keys cannot be moved: " + moved);
            }
        }
    }

    /** Makes the slot the other one's. */
    public void endMove(int slot, RedisServer from, RedisServer to) {
        // The new owner first, or the old one would send everybody to who sends them back.
        List<RedisServer> all = new ArrayList<>(List.of(to, from));
        all.addAll(servers.subList(0, masters));
        for (RedisServer server : all) {
            ask(server, "CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", id(to));
        }
    }

    public void move(int slot, RedisServer from, RedisServer to) {
        beginMove(slot, from, to);
        moveKeys(slot, from, to);
        endMove(slot, from, to);
    }

    /** Has a replica take its master's place, with its consent or, by {@code TAKEOVER}, without anybody's. */
    public void failOver(RedisServer replica, String... how) {
        List<String> command = new ArrayList<>(List.of("CLUSTER", "FAILOVER"));
        command.addAll(List.of(how));
        Await.until("a fail-over begins", () -> ask(replica, command.toArray(String[]::new))
                .equals("OK"));
        promoted(replica);
    }

    /** Waits until a replica has become a master and all who live say so. */
    public void promoted(RedisServer replica) {
        String id = id(replica);
        Await.until(
                "a replica is promoted and all say so", () -> servers.stream().allMatch(server -> {
                    String nodes = ask(server, "CLUSTER", "NODES");
                    return nodes.isEmpty()
                            || nodes.lines()
                                    .anyMatch(line -> line.startsWith(id)
                                            && line.contains("master")
                                            && line.split(" ").length > 8);
                }));
    }

    /** Gives the first replica of a master nothing more. */
    public void lag(int number) {
        ask(master(number), "ACL", "SETUSER", "default", "-psync", "-replconf", "-sync");
        ask(master(number), "CLIENT", "KILL", "TYPE", "replica");
        Await.until("the replica is cut off", () -> "down"
                .equals(RedisTrio.info(replica(number), "replication").get("master_link_status")));
    }

    @Override
    public void close() {
        servers.forEach(RedisServer::close);
        folder.close();
    }

    private String[] options(int number, List<String> more) {
        List<String> options = new ArrayList<>(List.of(
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                folder.path().resolve(number + ".conf").toString(),
                "--cluster-port",
                Integer.toString(RedisServer.freePort()),
                "--cluster-node-timeout",
                "2000",
                "--cluster-replica-validity-factor",
                "0",
                // What is left goes on if a shard is gone.
                "--cluster-require-full-coverage",
                "no"));
        options.addAll(more);
        if (!tlsPorts.isEmpty()) {
            String port = Integer.toString(tlsPorts.get(number));
            options.addAll(List.of("--tls-port", port, "--tls-cluster", "yes"));
        }
        return options.toArray(String[]::new);
    }

    private boolean serves(RedisServer server) {
        boolean replica = servers.indexOf(server) >= masters;
        return ask(server, "CLUSTER", "INFO").contains("cluster_state:ok")
                && (!replica
                        || "up".equals(RedisTrio.info(server, "replication").get("master_link_status")))
                && ask(server, "CLUSTER", "NODES")
                                .lines()
                                .filter(line -> line.contains("slave"))
                                .count()
                        == servers.size() - masters;
    }

    private String first(int master) {
        return Integer.toString(master == 0 ? 0 : end(master - 1));
    }

    private int end(int master) {
        return (master + 1) * SLOTS / masters;
    }

    private static String bus(RedisServer server) {
        return ask(server, "CONFIG", "GET", "cluster-port")
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow();
    }

    private static String id(RedisServer server) {
        return ask(server, "CLUSTER", "MYID");
    }

    private static String ask(RedisServer server, String... command) {
        return RedisTrio.ask(server, command);
    }
}
