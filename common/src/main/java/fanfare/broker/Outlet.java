package fanfare.broker;

import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import fanfare.redis.Shard;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The way of publications to one shard, and what its master must be given again. Confined to the broker's event loop. */
final class Outlet {
    /** What an outlet tells its broker. */
    interface Listener {
        void up(Outlet outlet, Lane lane);

        /** Nothing is owed to the shard's master any more. */
        void settled();
    }

    /**
     * Publications whose calls leave in one write, whose answers all come with the last: about 4 ms of Redis. If a thousand
     * left so, Redis would have nothing to do while their answers are read, and we nothing while it works.
     */
    private static final int TOGETHER_MAX = 256;

    final Lane lane;
    /** For what a replica is to confirm, and nothing else. */
    final Lane confirmedLane;

    final Confirmation confirmation;
    final Outbox outbox;
    final Replay replay;
    private final WriteProof proof;
    /** A call must keep to one tag, since each tag has its slot. */
    private final boolean oneTag;
    /** Publications of this tick, which leave together at its end. */
    private List<Attempt> usual = new ArrayList<>();

    private List<Attempt> confirmed = new ArrayList<>();

    /** @param outboxBytesMax what is remembered for this shard */
    Outlet(
            Vertx vertx,
            Shards shards,
            Shard shard,
            Keys keys,
            LongSupplier outboxBytesMax,
            Generations generations,
            AppendCall call,
            String linkName,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener listener) {
        Lane.Listener lanes = new Lane.Listener() {
            @Override
            public void up(Lane reached) {
                listener.up(Outlet.this, reached);
            }

            @Override
            public void down(Lane lost) {
                lost(lost);
            }
        };
        String name = linkName + shard.suffix();
        this.lane = new Lane(vertx, shards, shard, name, random, metrics, lanes);
        this.oneTag = shards.isCluster();
        this.confirmedLane = new Lane(vertx, shards, shard, name + "-confirmed", random, metrics, lanes);
        this.outbox = new Outbox(outboxBytesMax);
        this.replay =
                new Replay(lane, outbox, generations, call, shards.pubSub(), listener::settled, metrics, linkName);
        String id = linkName + "-" + UUID.randomUUID();
        this.proof = new WriteProof(vertx, lane, outbox, () -> keys.publisher(shard, id));
        this.confirmation = new Confirmation(vertx, confirmedLane.link(), proof::write);
    }

    void open() {
        lane.link().open();
        confirmedLane.link().open();
        proof.start();
    }

    Future<Void> close() {
        proof.stop();
        return Future.join(lane.link().close(), confirmedLane.link().close()).mapEmpty();
    }

    RedisLink link() {
        return lane.link();
    }

    /** Takes a publication along at the end of this tick; false if it has to wait. */
    boolean takes(Attempt attempt) {
        Lane over = attempt.durability() == Durability.REPLICATED ? confirmedLane : lane;
        if (!over.link().isUp()
                || !over.link().replid().equals(outbox.master())
                || outbox.owes(attempt.draft().tag())) {
            return false;
        }
        (over == lane ? usual : confirmed).add(attempt);
        return true;
    }

    /** Hands over what was taken, in calls. */
    void leave(BiConsumer<List<Attempt>, Lane> call) {
        if (!usual.isEmpty()) {
            List<Attempt> attempts = usual;
            usual = new ArrayList<>();
            int together = 0;
            for (List<Attempt> group : Grouping.calls(attempts, oneTag)) {
                call.accept(group, lane);
                together += group.size();
                if (together >= TOGETHER_MAX) {
                    lane.link().flush();
                    together = 0;
                }
            }
        }
        if (!confirmed.isEmpty()) {
            List<Attempt> attempts = confirmed;
            confirmed = new ArrayList<>();
            Grouping.calls(attempts, oneTag).forEach(group -> call.accept(group, confirmedLane));
        }
    }

    private void lost(Lane lost) {
        if (lost == lane) {
            outbox.unproved();
        } else {
            confirmation.down();
        }
    }
}
