package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.FreePorts;
import fanfare.deploy.dev.Readiness;
import fanfare.deploy.dev.RedisAdmin;
import fanfare.deploy.dev.RedisBinary;
import fanfare.deploy.dev.RedisShards;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A master and its replica. Confined to the main thread. */
public final class RedisPair implements RedisUnderProof {
    private static final Duration OUTAGE = Duration.ofSeconds(2);

    /** One of the two servers, and the run of it. */
    private record Server(Child child, int port) {}

    private final Path binary;
    private final Path folder;
    private final Child.Starter starter;
    private final Readiness readiness = new Readiness();
    /** Between the replica and whatever is the master. */
    private final Link replication;
    /** From each process to whatever is the master. */
    private final List<Link> links = new ArrayList<>();

    private int starts;
    private Server master;
    private Server replica;

    /** {@code processes} of them find it by a link of their own. */
    RedisPair(Vertx vertx, Path binary, Path folder, Child.Starter starter, FreePorts ports, int processes)
            throws IOException, InterruptedException {
        Context network = ((VertxInternal) vertx).createEventLoopContext();
        this.binary = binary;
        this.folder = folder;
        this.starter = starter;
        int masterPort = ports.take();
        this.replication = Link.open(vertx, network, ports.take(), masterPort);
        for (int i = 0; i < processes; i++) {
            links.add(Link.open(vertx, network, ports.take(), masterPort));
        }
        this.master = start(masterPort, List.of());
        this.replica = startReplica(ports.take());
    }

    @Override
    public String url(int process) {
        return "redis://127.0.0.1:" + links.get(process).port();
    }

    /** Between a process and Redis. */
    public Link link(int process) {
        return links.get(process);
    }

    @Override
    public void mend() {
        links.forEach(Link::mend);
    }

    public RedisAdmin master() {
        return new RedisAdmin(master.port());
    }

    /** From now on the replica misses what is published. */
    public void isolateReplica() {
        replication.cut();
    }

    /** As late as a quick Sentinel would, promotes the replica and sends everybody there. */
    @Override
    public void replaceMaster() throws IOException, InterruptedException {
        Server dead = master;
        dead.child().kill();
        Thread.sleep(OUTAGE.toMillis());
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
        awaitReplicas();
    }

    @Override
    public void awaitReplicas() throws IOException, InterruptedException {
        RedisAdmin follower = new RedisAdmin(replica.port());
        RedisShards.await("the replica follows the master", () -> follower.command("INFO", "replication")
                .contains("master_link_status:up"));
    }

    private Server startReplica(int port) throws IOException, InterruptedException {
        replica = start(port, List.of("--replicaof", "127.0.0.1 " + replication.port()));
        awaitReplicas();
        return replica;
    }

    private Server start(int port, List<String> more) throws IOException, InterruptedException {
        String name = "redis-" + ++starts;
        Child child = starter.start(name, RedisBinary.server(binary, port, folder, name, more));
        readiness.awaitRedis(child, port);
        return new Server(child, port);
    }
}
