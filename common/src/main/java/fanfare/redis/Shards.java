package fanfare.redis;

import fanfare.config.ClusterSeeds;
import fanfare.config.RedisConfig;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The shards of a Redis and who has which slot; one for each process, safe on any thread. A single server and one that
 * sentinels know are one shard that has them all.
 *
 * <p>A cluster is asked one server at a time, each in its turn, every {@value Masters#LOOK_MS} ms and whenever somebody finds a slot
 * elsewhere or loses a connection; all who want to know within {@value #PAUSE_MS} ms share one question. Whom to believe is
 * up to {@link Claims}.
 */
public final class Shards {
    private static final System.Logger LOG = System.getLogger(Shards.class.getName());
    /** Between the end of a question and the next, so that a fail-over makes no storm [ms]. */
    private static final int PAUSE_MS = 200;

    private record Follower(Context context, Consumer<SlotMap> listener) {}

    private final Vertx vertx;
    private final Context context;
    private final Connector connector;
    private final @Nullable ClusterSeeds seeds;
    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    /** Masters of the shard that has a certain key, whichever that is. */
    private final List<Masters> byKey = new CopyOnWriteArrayList<>();

    private volatile SlotMap slots;
    /** The next question, shared by all who wait for it; guarded by this. */
    private @Nullable Promise<Void> next;

    // What follows is confined to the context.
    private final Claims<Shard> claims = new Claims<>();
    /** All shards that were ever heard of and have slots, or had. */
    private List<Shard> known = new ArrayList<>();

    private List<String> servers = List.of();
    /** Whom to ask next, out of turn; empty for nobody. */
    private String preferred = "";

    private int turn;
    private int numbers;
    private boolean asking;
    private long askedNs;

    private Shards(Vertx vertx, Connector connector, @Nullable ClusterSeeds seeds, SlotMap slots) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.connector = connector;
        this.seeds = seeds;
        this.slots = slots;
    }

    /** Begins to look where the shards are, and goes on for as long as Vert.x runs. */
    public static Shards of(Vertx vertx, RedisConfig config) {
        return of(vertx, config, Masters.LOOK_MS);
    }

    /** For tests that do not wait as long. */
    static Shards of(Vertx vertx, RedisConfig config, int lookMs) {
        Connector connector = new Connector(vertx, config.caFile());
        ClusterSeeds seeds = ClusterSeeds.parse(config.url());
        if (seeds == null) {
            Shard all = new Shard("", Masters.of(vertx, config, lookMs), Buckets.tag(0));
            return new Shards(vertx, connector, null, SlotMap.allOf(all));
        }
        Shards shards = new Shards(vertx, connector, seeds, SlotMap.UNKNOWN);
        shards.askedNs = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
        shards.servers = seeds.servers();
        vertx.setPeriodic(0, lookMs, timer -> shards.refresh());
        return shards;
    }

    public boolean isCluster() {
        return seeds != null;
    }

    public PubSub pubSub() {
        return isCluster() ? PubSub.SHARDED : PubSub.PLAIN;
    }

    /** Who has what, as far as is known. */
    public SlotMap slots() {
        return slots;
    }

    /** Where the shard's master is that has a key at present. */
    public Masters mastersOf(String key) {
        if (!isCluster()) {
            return slots.shards().get(0).masters();
        }
        Masters masters = masters(() -> slots.of(key));
        byKey.add(masters);
        return masters;
    }

    /**
     * Has somebody told who has what, now and whenever that changes. If there can be only one shard, that is at once, in this
     * call; in a cluster it is later, on the context.
     */
    public void follow(Context on, Consumer<SlotMap> listener) {
        if (!isCluster()) {
            listener.accept(slots);
            return;
        }
        context.runOnContext(go -> {
            Follower follower = new Follower(on, listener);
            followers.add(follower);
            if (slots != SlotMap.UNKNOWN) {
                tell(follower);
            }
        });
    }

    /**
     * Has the cluster asked after this call; completes when it has answered, or fails if no server does. That is on the
     * caller's event loop, and after what the answer says has been told there to who {@link #follow follows}.
     */
    public Future<Void> refresh() {
        if (!isCluster()) {
            return Future.succeededFuture();
        }
        Context caller = vertx.getOrCreateContext();
        Promise<Void> here = Promise.promise();
        shared().onComplete(answer -> caller.runOnContext(go -> here.handle(answer)));
        return here.future();
    }

    /** The same for all who ask before the question leaves; completes on the context. */
    private synchronized Future<Void> shared() {
        Promise<Void> shared = next;
        if (shared == null) {
            shared = Promise.promise();
            next = shared;
            context.runOnContext(go -> schedule());
        }
        return shared.future();
    }

    /** The same, asking first the server that has sent somebody away: it knows more of that slot than others may. */
    public Future<Void> refresh(RedisLink sentAway) {
        String server = sentAway.address();
        context.runOnContext(go -> preferred = server);
        return refresh();
    }

    private void schedule() {
        long leftMs = PAUSE_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNs);
        if (asking) {
            return;
        }
        asking = true;
        if (leftMs > 0) {
            vertx.setTimer(leftMs, timer -> context.runOnContext(go -> ask()));
        } else {
            ask();
        }
    }

    private void ask() {
        Promise<Void> asked;
        synchronized (this) {
            asked = next;
            next = null;
        }
        ask(servers.size())
                .onComplete(answer -> context.runOnContext(go -> {
                    if (answer.succeeded()) {
                        learn(answer.result());
                    }
                    asking = false;
                    askedNs = System.nanoTime();
                    if (asked != null) {
                        asked.handle(answer.mapEmpty());
                    }
                    synchronized (this) {
                        if (next != null) {
                            context.runOnContext(again -> schedule());
                        }
                    }
                }));
    }

    private Future<ClusterNodes> ask(int left) {
        ClusterSeeds cluster = seeds;
        if (left == 0 || cluster == null) {
            return Future.failedFuture("no server tells who is in the cluster");
        }
        String server = preferred.isEmpty() ? servers.get(Math.floorMod(turn++, servers.size())) : preferred;
        preferred = "";
        return connector
                .once(
                        cluster.url(server),
                        connection ->
                                connection.send(Request.cmd(Command.CLUSTER).arg("NODES")))
                .map(answer -> ClusterNodes.parse(answer.toString(), server.substring(0, server.lastIndexOf(':'))))
                .recover(failure -> {
                    LOG.log(System.Logger.Level.DEBUG, "server {0}: {1}", server, failure.getMessage());
                    return left == 1 ? Future.failedFuture(failure) : ask(left - 1);
                });
    }

    private void learn(ClusterNodes nodes) {
        // A server that is cut off takes all others for dead; whoever was named in the settings is asked all the same.
        Set<String> all = new LinkedHashSet<>(nodes.addresses());
        all.addAll(Objects.requireNonNull(seeds).servers());
        servers = List.copyOf(all);
        List<Shard> elsewhere = new ArrayList<>();
        boolean moved = false;
        Set<Shard> taken = new HashSet<>();
        for (ClusterNodes.Group group : nodes.groups()) {
            Shard shard = shardOf(group, taken);
            taken.add(shard);
            if (shard.learn(group, nodes.ids())) {
                elsewhere.add(shard);
            }
            moved |= claims.claim(shard, group, nodes);
        }
        if (moved || slots == SlotMap.UNKNOWN) {
            become();
        }
        elsewhere.forEach(shard -> shard.masters().lookNow());
        if (moved || !elsewhere.isEmpty()) {
            byKey.forEach(Masters::lookNow);
        }
    }

    private Shard shardOf(ClusterNodes.Group group, Set<Shard> taken) {
        for (Shard shard : known) {
            if (shard.master().equals(group.master())) {
                return shard;
            }
        }
        for (Shard shard : known) {
            // One of its replicas was promoted.
            if (!taken.contains(shard) && shard.hasMember(group.master())) {
                return shard;
            }
        }
        Shard[] made = new Shard[1];
        made[0] = new Shard("-s" + numbers++, masters(() -> made[0]), "");
        known.add(made[0]);
        return made[0];
    }

    private void become() {
        Shard[] shards = claims.owners().toArray(Shard[]::new);
        if (shards.length < Slots.COUNT) {
            // It is being made: nobody is to go without a slot. What was once served stays with its shard.
            return;
        }
        SlotMap now = SlotMap.of(shards);
        known = new ArrayList<>(now.shards());
        for (Shard shard : known) {
            if (shard.tag().isEmpty() || shards[Slots.ofTag(shard.tag())] != shard) {
                shard.tag(Slots.tag(now.middle(shard)));
            }
        }
        slots = now;
        followers.forEach(this::tell);
    }

    private void tell(Follower follower) {
        SlotMap now = slots;
        follower.context().runOnContext(go -> follower.listener().accept(now));
    }

    private Masters masters(Supplier<@Nullable Shard> shard) {
        return new Masters(
                vertx,
                connector,
                () -> refresh().otherwiseEmpty().compose(done -> {
                    Shard present = shard.get();
                    return present == null || seeds == null
                            ? Future.failedFuture("no server of the cluster has it")
                            : Future.succeededFuture(seeds.url(present.address()));
                }),
                Masters.LOOK_MS);
    }
}
