package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.Readiness;
import fanfare.deploy.dev.RedisAdmin;
import fanfare.deploy.dev.RedisBinary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A master and its replica. Confined to the main thread. */
public final class RedisPair {
    private static final Duration CHANGE_MAX = Duration.ofSeconds(30);

    /** One of the two servers, and the run of it. */
    private record Server(Child child, int port) {}

    /** Starts a child that the cluster will stop. */
    interface Starter {
        Child start(String name, List<String> command) throws IOException;
    }

    private final Path binary;
    private final Path folder;
    private final Starter starter;
    private final Readiness readiness;
    /** Between the replica and whatever is the master. */
    private final Link replication;
    /** From each process to whatever is the master. */
    private final List<Link> links;

    private int starts;
    private Server master;
    private Server replica;

    RedisPair(
            Path binary,
            Path folder,
            Starter starter,
            Readiness readiness,
            int masterPort,
            int replicaPort,
            Link replication,
            List<Link> links)
            throws IOException, InterruptedException {
        this.binary = binary;
        this.folder = folder;
        this.starter = starter;
        this.readiness = readiness;
        this.replication = replication;
        this.links = links;
        this.master = start(masterPort, List.of());
        this.replica = startReplica(replicaPort);
    }

    public RedisAdmin master() {
        return new RedisAdmin(master.port());
    }

    /** From now on the replica misses what is published. */
    public void isolateReplica() {
        replication.cut();
    }

    /** From now on there is no master. */
    public void killMaster() throws InterruptedException {
        master.child().kill();
    }

    /** Promotes the replica in a dead master's place, sends everybody there, and gives it a replica of its own. */
    public void promoteReplica() throws IOException, InterruptedException {
        Server dead = master;
        new RedisAdmin(replica.port()).command("REPLICAOF", "NO", "ONE");
        master = replica;
        links.forEach(link -> link.retarget(master.port()));
        replication.retarget(master.port());
        replication.heal();
        replica = startReplica(dead.port());
    }

    /** Empties the master and starts it again, on the same port. */
    public void restartEmpty() throws IOException, InterruptedException {
        master().command("FLUSHALL");
        master.child().kill();
        master = start(master.port(), List.of());
        awaitReplica();
    }

    /** Waits until the replica follows the master. */
    public void awaitReplica() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + CHANGE_MAX.toNanos();
        while (!new RedisAdmin(replica.port()).command("INFO", "replication").contains("master_link_status:up")) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the replica does not follow the master; its log: "
                        + replica.child().log());
            }
            Thread.sleep(50);
        }
    }

    private Server startReplica(int port) throws IOException, InterruptedException {
        replica = start(port, List.of("--replicaof", "127.0.0.1 " + replication.port()));
        awaitReplica();
        return replica;
    }

    private Server start(int port, List<String> more) throws IOException, InterruptedException {
        String name = "redis-" + ++starts;
        Child child = starter.start(name, RedisBinary.server(binary, port, folder, name, more));
        readiness.awaitRedis(child, port);
        return new Server(child, port);
    }
}
