package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.channel.Publication;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.PerShard;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shard;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes publications to Redis: one script and one round trip each, all of a tick in one write and as few calls as
 * {@link Grouping} finds right. Confined to the event loop that made it.
 *
 * <p>A publication that Redis did not answer is tried again for {@value #TRY_MS_MAX} ms. That is safe, since the script
 * knows the id of one that did arrive. What Redis did accept stays in the {@link Outbox}; when another master is reached,
 * {@link Replay} brings it there, and until then new publications for the same bucket wait.
 */
public final class Broker {
    /** How long a publication is tried before its caller is told that Redis is away [ms]. */
    static final int TRY_MS_MAX = 5_000;
    /** How long it is tried to tell of what is stored and no gateway heard; nobody waits for it but its user [ms]. */
    private static final long TELL_MS_MAX = Outbox.WINDOW_MS;

    private static final int RETRY_MS = 100;
    /** Publications under way on this loop; more are refused, which bounds the memory when Redis is away. */
    private static final int UNDER_WAY_MAX = 20_000;
    /** Their data in characters, of which a mailing's counts as often as it is sent. */
    private static final long UNDER_WAY_CHARACTERS_MAX = 64L << 20;
    /** What those take who have many to send: a quarter is left to others. */
    private static final double SHARE_OF_MANY = 0.75;

    private final Vertx vertx;
    private final Context context;
    private final Keys keys;
    private final BrokerLimits limits;
    private final PerShard<Outlet> outlets;
    private final RedisLinks links;
    private final Generations generations = new Generations();
    private final LuaScript script;
    private final LuaScript multicast;
    private final AppendCall call;
    private final Objections objections = new Objections();
    private final Bundler bundler;
    private final boolean isCluster;
    /** Parts of a mailing that share a call, and so are sent its data once. */
    private final int partsACall;
    /** Publications that leave together: those of this tick, and those before that wait for a call's worth. */
    private List<Attempt> fresh = new ArrayList<>();

    private boolean flushing;
    /** Calls on lanes that nothing is confirmed on. */
    private int unanswered;
    /** What waits for its lane to come back, for a replay, or for its next try. */
    private final Queue<Attempt> retries = new ArrayDeque<>();
    /** Read by metrics from other threads. */
    private final AtomicInteger underWay = new AtomicInteger();

    private long underWayCharacters;
    /** Parts of mailings that Redis has not answered. */
    private int mailed;

    public Broker(
            Vertx vertx,
            Shards shards,
            Keys keys,
            BrokerLimits limits,
            String linkName,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.keys = keys;
        this.limits = limits;
        this.call = new AppendCall(keys, limits, generations, random);
        this.script = new LuaScript(shards.pubSub().words(), "append", "publish");
        this.multicast = new LuaScript(shards.pubSub().words(), "append", "multicast");
        this.outlets = new PerShard<>(
                shards, shard -> outlet(shards, shard, linkName, random, metrics), Outlet::close, this::moved);
        this.links = RedisLinks.of(vertx, shards, outlets, Outlet::link);
        // In a cluster each tag has its calls, and those to many users are nearly all under different ones.
        this.isCluster = shards.isCluster();
        this.partsACall = isCluster ? 1 : Grouping.PARTS_MAX;
        this.bundler = new Bundler(vertx, links, keys, this::again, metrics, linkName);
        Gauge.builder("fanfare_publishes_under_way", underWay, AtomicInteger::get)
                .description("Publications accepted and not yet answered by Redis; at most " + UNDER_WAY_MAX)
                .tag("link", linkName)
                .register(metrics);
        Gauge.builder("fanfare_outbox_bytes", outlets, all -> all.all().stream()
                        .mapToLong(each -> each.outbox.bytes())
                        .sum())
                .description("Accepted publications remembered for a fail-over")
                .tag("link", linkName)
                .register(metrics);
        Gauge.builder(
                        "fanfare_outbox_window_seconds",
                        outlets,
                        all -> all.all().stream()
                                        .mapToLong(each -> each.outbox.windowMs())
                                        .min()
                                        .orElse(Outbox.WINDOW_MS)
                                / 1_000.0)
                .description("For how long they are remembered; less than 30 when memory ran out lately")
                .tag("link", linkName)
                .register(metrics);
    }

    private Outlet outlet(Shards shards, Shard shard, String linkName, DoubleSupplier random, MeterRegistry metrics) {
        Outlet.Listener listener = new Outlet.Listener() {
            @Override
            public void up(Outlet outlet, Lane lane) {
                reached(outlet, lane);
            }

            @Override
            public void settled() {
                retry();
            }
        };
        Outlet made = new Outlet(
                vertx,
                shards,
                shard,
                keys,
                // All of them together are what this process may remember.
                () -> limits.outboxBytesMax() / shards.slots().shards().size(),
                generations,
                call,
                linkName,
                random,
                metrics,
                listener);
        made.open();
        return made;
    }

    public void open() {
        outlets.open(context);
        bundler.start();
        vertx.setPeriodic(RETRY_MS, timer -> {
            // Redis may be slow to answer.
            flush();
            retry();
            outlets.all().forEach(outlet -> outlet.replay.go());
        });
    }

    public Future<Void> close() {
        return Future.join(outlets.all().stream().map(Outlet::close).toList()).mapEmpty();
    }

    /** Whether any Redis can be reached; may be asked on any thread. */
    public boolean isUp() {
        return links.isUp();
    }

    /** The links, for reads and control by the same process. */
    public RedisLinks links() {
        return links;
    }

    /**
     * Whether somebody who has many publications to send should begin with more of them now; else others would be refused,
     * since so many are under way.
     */
    public boolean hasRoomForMany() {
        return underWay.get() < SHARE_OF_MANY * UNDER_WAY_MAX
                && underWayCharacters < SHARE_OF_MANY * UNDER_WAY_CHARACTERS_MAX;
    }

    /** Publishes as {@link Durability#MASTER}. */
    public Future<Published> publish(Channel channel, Publication publication) {
        return publish(channel, publication, Durability.MASTER);
    }

    /**
     * Stores a publication and hands it to all gateways.
     *
     * @return fails with {@link RedisDownException} when it is not known to be stored; the same id may be tried again
     */
    public Future<Published> publish(Channel channel, Publication publication, Durability durability) {
        return publish(channel, publication, durability, null);
    }

    /**
     * Publishes behind another one that is under way, without waiting for it. They leave in their order and nearly always
     * arrive so; but the first may have to be tried again, and then the script sends this one back, too.
     *
     * @param after id of the other publication, which went to the same channel within the time that ids are remembered;
     *     null for none
     */
    public Future<Published> publish(
            Channel channel, Publication publication, Durability durability, @Nullable String after) {
        return publish(Draft.of(channel, publication), publication.data().length(), durability, after, null);
    }

    /**
     * Publishes one part of a mailing as {@link Durability#MASTER}; the parts for all users are best published in one tick,
     * those under one tag together, which in a cluster share calls. The gateways hear of it a moment later, with other users
     * of theirs.
     *
     * @param user a user's channel
     * @param after as of any other publication
     */
    public Future<Published> publish(Channel user, Mailing mailing, @Nullable String after) {
        mailed++;
        return publish(mailing.draft(user), mailing.charactersOfNext(partsACall), Durability.MASTER, after, mailing)
                .onComplete(result -> mailed--);
    }

    private Future<Published> publish(
            Draft draft, int characters, Durability durability, @Nullable String after, @Nullable Mailing mailing) {
        if (underWay.get() >= UNDER_WAY_MAX || underWayCharacters + characters > UNDER_WAY_CHARACTERS_MAX) {
            return Future.failedFuture(new RedisDownException("too many publications wait for Redis"));
        }
        underWay.incrementAndGet();
        underWayCharacters += characters;
        Promise<Published> promise = Promise.promise();
        attempt(new Attempt(draft, characters, durability, after, promise, deadline(TRY_MS_MAX), mailing));
        return promise.future();
    }

    private static long deadline(long inMs) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(inMs);
    }

    /** No gateway heard of a part of a mailing. Redis is told again, finds it known, and says so on the user's channel. */
    private void again(Attempt unheard) {
        underWay.incrementAndGet();
        underWayCharacters += unheard.characters();
        attempt(new Attempt(
                unheard.draft(),
                unheard.characters(),
                unheard.durability(),
                null,
                Promise.promise(),
                deadline(TELL_MS_MAX),
                unheard.mailing()));
    }

    private void attempt(Attempt attempt) {
        fresh.add(attempt);
        flushLater();
    }

    /** At the end of this tick, unless it is better to wait. */
    private void flushLater() {
        if (!flushing) {
            flushing = true;
            context.runOnContext(tick -> {
                flushing = false;
                if (!waits()) {
                    flush();
                }
            });
        }
    }

    /**
     * Whether what is to leave waits for what will leave in the next moment. It does so while Redis has a call to answer, unless
     * it fills one, so that publications share calls when there are many of them and none waits when there are few. In a
     * cluster it would be in vain, since they would not share any.
     */
    private boolean waits() {
        return unanswered > 0 && !isCluster && fresh.size() < Grouping.PUBLICATIONS_MAX;
    }

    private void flush() {
        List<Attempt> attempts = fresh;
        fresh = new ArrayList<>();
        for (Attempt attempt : attempts) {
            Outlet outlet = outlets.atTag(attempt.draft().tag());
            if (outlet == null || !outlet.takes(attempt)) {
                retries.add(attempt);
            }
        }
        outlets.all().forEach(outlet -> outlet.leave((group, lane) -> call(group, outlet, lane)));
    }

    private void call(List<Attempt> group, Outlet outlet, Lane over) {
        String replid = over.link().replid();
        if (group.get(0).mailing() != null) {
            mail(group, outlet, replid);
            return;
        }
        Request made = call.publish(script, group, over);
        if (over == outlet.confirmedLane) {
            outlet.confirmation
                    .call(made)
                    .onComplete(
                            confirmed -> answered(group, over, replid, confirmed.answer(), confirmed.replicated()),
                            failure -> failed(group, over, failure));
        } else {
            send(over, made)
                    .onComplete(
                            answer -> answered(group, over, replid, answer, false),
                            failure -> failed(group, over, failure));
        }
    }

    private Future<Response> send(Lane over, Request made) {
        unanswered++;
        return over.link().send(made).onComplete(answer -> {
            unanswered--;
            if (!fresh.isEmpty()) {
                flushLater();
            }
        });
    }

    private void mail(List<Attempt> group, Outlet outlet, String replid) {
        List<String> gateways = bundler.gateways();
        Lane over = outlet.lane;
        send(over, call.multicast(multicast, group, gateways, over))
                .onComplete(
                        answers -> {
                            for (int i = 0; i < group.size(); i++) {
                                Answer answer = Answer.parse(answers.get(i).toString());
                                if (answer.gateways() != 0) {
                                    bundler.add(group.get(i), answer, gateways);
                                }
                            }
                            answered(group, over, replid, answers, false);
                            if (mailed == 0) {
                                bundler.flush();
                            }
                        },
                        failure -> failed(group, over, failure));
    }

    private void answered(List<Attempt> group, Lane over, String replid, Response answers, boolean replicated) {
        // Whose its tag is now: the slot may have moved since, and then it is owed to the new owner.
        Outlet owner = outlets.atTag(group.get(0).draft().tag());
        if (owner == null) {
            retries.addAll(group);
            return;
        }
        long nowMs = WriteProof.nowMs();
        for (int i = 0; i < group.size(); i++) {
            Answer answer = Answer.parse(answers.get(i).toString());
            answered(group.get(i), owner.outbox, over, replid, answer, replicated, nowMs);
        }
        owner.replay.go();
    }

    private void failed(List<Attempt> group, Lane over, Throwable failure) {
        if (LuaScript.isUnknown(failure)) {
            over.link().batch(List.of(script.load()));
            over.link().batch(List.of(multicast.load()));
        } else if (failure instanceof ErrorType) {
            refused(over, String.valueOf(failure.getMessage()));
        }
        retries.addAll(group);
    }

    private void answered(
            Attempt attempt, Outbox outbox, Lane over, String replid, Answer answer, boolean replicated, long nowMs) {
        Position position = answer.position();
        if (position == null) {
            switch (answer.refusal()) {
                case Answer.FENCED -> over.fenced(replid);
                case Answer.EARLY -> {}
                default -> refused(over, answer.refusal());
            }
            retries.add(attempt);
            return;
        }
        Draft draft = attempt.draft();
        generations.saw(draft.tag(), position);
        // What differs from it is remembered by whoever published that.
        if (!answer.other()) {
            outbox.accepted(new Outbox.Entry(draft, position, answer.serverMs(), answer.expiresMs(), replid), nowMs);
        }
        leaves(attempt);
        attempt.promise()
                .complete(new Published(
                        position,
                        answer.duplicate(),
                        answer.routed(),
                        replicated,
                        answer.serverMs(),
                        answer.expiresMs(),
                        answer.alike()));
    }

    private void refused(Lane by, String message) {
        if (!by.refused(message)) {
            objections.met(message);
        }
    }

    /** Makes room for another one, since its caller may be about to send it. */
    private void leaves(Attempt attempt) {
        underWay.decrementAndGet();
        underWayCharacters -= attempt.characters();
    }

    private void reached(Outlet outlet, Lane reached) {
        Lane other = reached == outlet.lane ? outlet.confirmedLane : outlet.lane;
        if (other.link().isUp() && !other.link().replid().equals(reached.link().replid())) {
            other.link().reconnect("another connection reached another master");
        }
        // Else the first of a process would be refused, to wait for their next try.
        reached.link().batch(List.of(script.load()));
        if (reached == outlet.lane) {
            reached.link().batch(List.of(multicast.load()));
            outlet.outbox.reached(reached.link().replid());
            outlet.replay.go();
            bundler.refresh();
        }
        retry();
    }

    /**
     * Slots have other owners: what is remembered of them is owed to these. They have it, since keys move whole, and nearly
     * all of it is found there; but from now on it is their replicas that may lack it.
     */
    private void moved() {
        long nowMs = WriteProof.nowMs();
        for (Outlet outlet : outlets.all()) {
            outlet.outbox.takeOut(tag -> outlets.atTag(tag) != outlet).forEach(entry -> Objects.requireNonNull(
                            outlets.atTag(entry.draft().tag()))
                    .outbox
                    .accepted(entry, nowMs));
        }
        outlets.all().forEach(outlet -> outlet.replay.go());
        retry();
    }

    private void retry() {
        long now = System.nanoTime();
        for (int count = retries.size(); count > 0; count--) {
            Attempt attempt = retries.remove();
            if (now - attempt.deadlineNs() > 0) {
                leaves(attempt);
                attempt.promise().fail(new RedisDownException("Redis did not take it in " + TRY_MS_MAX + " ms"));
            } else {
                attempt(attempt);
            }
        }
    }
}
