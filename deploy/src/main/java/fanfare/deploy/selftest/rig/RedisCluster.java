package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.FreePorts;
import fanfare.deploy.dev.RedisAdmin;
import fanfare.deploy.dev.RedisBinary;
import fanfare.deploy.dev.RedisShards;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** A Redis Cluster, each shard of which is a master and a replica. Confined to the main thread. */
public final class RedisCluster implements RedisUnderProof {
    /** Where connections of servers come from, each from its own address: the firewall knows them by it. */
    private static final String SOURCES = "127.0.1.";

    /** Only there is all of 127.0.0.0/8 this machine. */
    private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");

    private final List<RedisShards.Address> addresses;
    private final RedisShards shards;
    private final RandomGenerator random;
    /** The present run of each server. */
    private final List<Child> servers;

    private int restarts;

    RedisCluster(RedisBinary binary, Path folder, Child.Starter starter, FreePorts ports, RandomGenerator random)
            throws IOException, InterruptedException {
        this.addresses = IntStream.range(0, 2 * RedisShards.COUNT)
                .mapToObj(server -> new RedisShards.Address(ports.take(), ports.take()))
                .toList();
        this.shards = new RedisShards(binary, folder, starter, addresses, 1, RedisCluster::source);
        this.random = random;
        this.servers = new ArrayList<>(shards.start());
    }

    private static List<String> source(int server) {
        return IS_LINUX
                ? List.of(
                        "--bind-source-addr",
                        SOURCES + (server + 1),
                        "--cluster-announce-ip",
                        "127.0.0.1",
                        // It takes 127.0.0.1 alone for this machine, and listens to nobody else.
                        "--protected-mode",
                        "no")
                : List.of();
    }

    /** Gateways and publishers learn from the cluster where its servers are, so nothing can stand between. */
    @Override
    public String url(int process) {
        return shards.url();
    }

    @Override
    public void awaitReplicas() throws IOException, InterruptedException {
        shards.awaitWhole();
    }

    @Override
    public void replaceMaster() throws IOException, InterruptedException {
        anyShard().replaceMaster();
        awaitReplicas();
    }

    /** A script that breaks something here mends it. */
    @Override
    public void mend() {}

    /** One at random, as it is now. */
    public Shard anyShard() throws IOException {
        return shard(random.nextInt(RedisShards.COUNT));
    }

    /** Moves of the slots of these keys from where they are at home to the next shard. */
    public List<SlotMove> moves(Collection<String> keys) throws IOException {
        Set<Integer> slots = new TreeSet<>();
        for (String key : keys) {
            slots.add(Integer.parseInt(shards.server(0).command("CLUSTER", "KEYSLOT", key)));
        }
        List<SlotMove> moves = new ArrayList<>();
        for (int slot : slots) {
            int home = shards.homeOf(slot);
            int next = (home + 1) % RedisShards.COUNT;
            int third = (home + 2) % RedisShards.COUNT;
            moves.add(new SlotMove(
                    slot,
                    shard(home).master(),
                    shard(next).master(),
                    shard(third).master()));
        }
        return moves;
    }

    private Shard shard(int number) throws IOException {
        int other = number + RedisShards.COUNT;
        return isMaster(number) ? new Shard(number, other) : new Shard(other, number);
    }

    private boolean isMaster(int server) throws IOException {
        return replication(server).contains("role:master");
    }

    private String replication(int server) throws IOException {
        return shards.server(server).command("INFO", "replication");
    }

    /** The two servers of a shard, by what they are when it is looked at. */
    public final class Shard {
        private final int master;
        private final int replica;

        private Shard(int master, int replica) {
            this.master = master;
            this.replica = replica;
        }

        /** From now on the replica gets nothing. */
        public void lag() throws IOException, InterruptedException {
            master().command("ACL", "SETUSER", "default", "-psync", "-sync", "-replconf");
            master().command("CLIENT", "KILL", "TYPE", "replica");
            RedisShards.await("a replica is cut off", () -> replication(replica).contains("master_link_status:down"));
        }

        /** How far the replica is behind [bytes]. */
        public long lagBytes() throws IOException {
            return offset(master) - offset(replica);
        }

        /** The replica takes the place of the master, which agrees and loses nothing. */
        public void failOver() throws IOException, InterruptedException {
            shards.server(replica).command("CLUSTER", "FAILOVER");
            awaitPromotion();
        }

        /** The replica takes the place of the master, who is not asked. */
        public void takeOver() throws IOException, InterruptedException {
            shards.server(replica).command("CLUSTER", "FAILOVER", "TAKEOVER");
            awaitPromotion();
            master().command("ACL", "SETUSER", "default", "+psync", "+sync", "+replconf");
        }

        /** Kills the master, and starts it again when the others have promoted the replica. */
        public void replaceMaster() throws IOException, InterruptedException {
            servers.get(master).kill();
            awaitPromotion();
            servers.set(master, shards.start(master, "redis-%d.%d".formatted(master + 1, ++restarts)));
        }

        /** Stops the master in its tracks. */
        public Pause pauseMaster() throws IOException {
            return pause(master);
        }

        /**
         * Drops all that the other servers send to the master and it sends to them.
         *
         * @param everybody whether nobody else reaches it either
         */
        public Pause cutMaster(boolean everybody) throws IOException {
            RedisShards.Address address = addresses.get(master);
            String source = SOURCES + (master + 1);
            List<String> packets = new ArrayList<>(List.of(
                    "-s " + source,
                    "-d " + source,
                    "-p tcp --dport " + address.busPort(),
                    "-p tcp --sport " + address.busPort(),
                    "-p tcp -s " + SOURCES + "0/24 --dport " + address.port(),
                    "-p tcp -d " + SOURCES + "0/24 --sport " + address.port()));
            if (everybody) {
                packets.add("-p tcp --dport " + address.port());
                packets.add("-p tcp --sport " + address.port());
            }
            return Pause.cut(packets);
        }

        /** Stops the replica in its tracks. */
        public Pause pauseReplica() throws IOException {
            return pause(replica);
        }

        /** Waits until the replica has become a master. */
        public void awaitPromotion() throws IOException, InterruptedException {
            RedisShards.await("a replica is promoted", () -> isMaster(replica));
        }

        private RedisAdmin master() {
            return shards.server(master);
        }

        private Pause pause(int server) throws IOException {
            return Pause.of(
                    Long.parseLong(field("process_id", shards.server(server).command("INFO", "server"))));
        }

        private long offset(int server) throws IOException {
            return Long.parseLong(field("master_repl_offset", replication(server)));
        }

        private static String field(String name, String info) throws IOException {
            return info.lines()
                    .filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1))
                    .findFirst()
                    .orElseThrow(() -> new IOException("Redis does not tell " + name));
        }
    }
}
