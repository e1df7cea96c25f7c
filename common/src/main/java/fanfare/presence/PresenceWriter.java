package fanfare.presence;

import fanfare.process.Ticker;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells Redis which users this gateway holds, one writer a gateway. Confined to the event loop that made it.
 *
 * <p>A user differs from what Redis knows until a script that says so was acknowledged; one script a user is under way,
 * and the next tells the latest state. So whatever fails is healed, and quick changes keep their order.
 */
public final class PresenceWriter {
    private static final int STOP_S_MAX = 5;

    private final RedisLinks redis;
    private final Keys keys;
    private final PresenceLimits limits;
    private final Lease lease;
    private final Sweeper sweeper;
    private final Leftovers leftovers;
    private final Consumer<String> shared;
    private final LuaScript on = new LuaScript("node-on");
    private final LuaScript off = new LuaScript("node-off");
    private final Map<String, Held> users = new HashMap<>();
    /** What the shards are to be told in the name of the current incarnation. */
    private final Map<RedisLink, Turns> turns = new HashMap<>();
    /** To be told with the next period: changed counts, and what failed. */
    private final Set<String> later = new LinkedHashSet<>();
    /** Identities of the masters that were told. */
    private final Map<RedisLink, String> masters = new HashMap<>();

    /** Stop what is done again and again. */
    private final List<Runnable> stops = new ArrayList<>();
    /** Read by the gauge from other threads. */
    private final AtomicInteger held = new AtomicInteger();
    /** Completed when everything was told; null unless stopping. */
    private @Nullable Promise<Void> stopped;

    /**
     * Makes a writer of the current event loop.
     *
     * @param ids gives a new random id without {@code |} for each incarnation
     * @param state what the lease says of this gateway
     * @param begun told when the lease is held by a new incarnation, the first one included
     * @param shared told of each user whom other gateways may hold as well, once Redis knows of more connections here
     */
    public PresenceWriter(
            RedisLinks redis,
            Keys keys,
            PresenceLimits limits,
            Supplier<String> ids,
            Supplier<NodeState> state,
            Runnable begun,
            Consumer<String> shared,
            MeterRegistry metrics) {
        this.shared = shared;
        this.redis = redis;
        this.keys = keys;
        this.limits = limits;
        Reaper reaper = new Reaper(redis, keys, limits, metrics);
        this.lease = new Lease(redis, keys, limits, ids, state, reaper, metrics, () -> {
            announceAll();
            begun.run();
        });
        this.sweeper = new Sweeper(redis, keys, limits);
        this.leftovers = new Leftovers(redis, keys, lease::incarnation, this::takenForHeld);
        Gauge.builder("fanfare_presence_users", held, AtomicInteger::get)
                .description("users that this gateway holds")
                .register(metrics);
    }

    /** Begins to renew the lease, also while the link is down. */
    public void start(Ticker ticker) {
        stops.add(ticker.every(limits.refresh(), lease::renew));
        stops.add(ticker.every(limits.countPeriod(), this::tellLater));
        stops.add(ticker.every(Sweeper.PERIOD, sweeper::sweep));
        stops.add(ticker.every(Leftovers.PERIOD, leftovers::look));
        lookForOtherMasters();
        lease.renew();
    }

    /** Has the lease say at once what it would say some seconds later. */
    public void stateChanged() {
        if (stopped == null) {
            lease.renew();
        }
    }

    /** Under which id this gateway lives in Redis at present. */
    public String incarnation() {
        return lease.incarnation();
    }

    /** A link is up, for the first time or again. */
    public void linkUp(RedisLink link) {
        if (stopped == null) {
            lookForOtherMasters();
            lease.linkUp(link);
            tellLater();
        }
    }

    /** A connection of the user opened here. */
    public void opened(String user) {
        if (stopped == null) {
            Held one = users.computeIfAbsent(user, name -> new Held());
            one.connections++;
            held.set(users.size());
            tell(user, one);
        }
    }

    /** A connection of the user closed here, which {@link #opened} told of. */
    public void closed(String user) {
        Held one = users.get(user);
        if (stopped == null && one != null && one.connections > 0) {
            one.connections--;
            tell(user, one);
        }
    }

    /**
     * Says that all users have left and ends the lease; after {@value #STOP_S_MAX} s it gives up, and the others reap this
     * gateway. What is opened or closed from now on is ignored.
     */
    public Future<Void> stop() {
        if (stopped != null) {
            return stopped.future();
        }
        stopped = Promise.promise();
        stops.forEach(Runnable::run);
        for (Map.Entry<String, Held> each : List.copyOf(users.entrySet())) {
            each.getValue().connections = 0;
            tell(each.getKey(), each.getValue());
        }
        if (!lease.isHeld() || !redis.isUp(keys.nodes())) {
            stopped.complete();
        } else {
            endIfIdle();
        }
        return stopped.future().timeout(STOP_S_MAX, TimeUnit.SECONDS).otherwiseEmpty();
    }

    private void tell(String user, Held one) {
        RedisLink link = link(user);
        if (one.isTold()) {
            if (link != null) {
                turns(link).forget(user);
            }
            later.remove(user);
            forgetIfGone(user, one);
        } else if (link != null && one.isUrgent()) {
            turns(link).urgent(user);
            pump(link);
        } else if (!one.isTelling()) {
            later.add(user);
        }
    }

    private void tellLater() {
        turns.entrySet().removeIf(each -> {
            boolean over = !redis.all().contains(each.getKey());
            if (over) {
                later.addAll(each.getValue().waiting());
            }
            return over;
        });
        List<String> all = List.copyOf(later);
        later.clear();
        for (String user : all) {
            RedisLink link = link(user);
            if (link == null) {
                later.add(user);
            } else {
                turns(link).urgent(user);
            }
        }
        List.copyOf(turns.keySet()).forEach(this::pump);
    }

    private @Nullable RedisLink link(String user) {
        return redis.at(keys.presence(Buckets.tagOf(user)));
    }

    private Turns turns(RedisLink link) {
        return turns.computeIfAbsent(link, none -> new Turns());
    }

    private void pump(RedisLink link) {
        Turns ofLink = turns(link);
        while (lease.isHeld() && link.isUp()) {
            String user = ofLink.next();
            if (user == null) {
                return;
            }
            Held one = users.get(user);
            if (one != null && !one.isTelling() && !one.isTold()) {
                if (link(user) == link) {
                    send(user, one, link);
                } else {
                    // Its slot has moved.
                    later.add(user);
                }
            }
        }
    }

    /** A master that took another's place may lack some of what that was told, ends included. */
    private void lookForOtherMasters() {
        masters.keySet().retainAll(redis.all());
        for (RedisLink link : redis.all()) {
            String before = link.replid().isEmpty() ? null : masters.put(link, link.replid());
            if (before != null && !before.equals(link.replid())) {
                users.forEach((user, one) -> {
                    if (link(user) == link) {
                        one.doubt();
                        turns(link).anew(user);
                    }
                });
                leftovers.doubt(link);
            }
        }
    }

    /** Redis takes a user for held here; if nobody is, then it was not told of the end, or another master was. */
    private void takenForHeld(String user) {
        if (stopped == null && !users.containsKey(user)) {
            Held gone = new Held();
            gone.doubt();
            users.put(user, gone);
            tell(user, gone);
        }
    }

    private void send(String user, Held one, RedisLink link) {
        Turns ofLink = turns(link);
        String incarnation = lease.incarnation();
        int connections = one.connections;
        boolean more = one.isMoreThanTold();
        one.telling();
        ofLink.sent();
        script(user, one, incarnation).onComplete(answer -> {
            if (!incarnation.equals(lease.incarnation())) {
                return;
            }
            ofLink.answered();
            if (answer.failed()) {
                one.failed();
                later.add(user);
            } else {
                one.told(connections);
                if (connections > 0) {
                    one.since = Replies.number(answer.result().get(0));
                    if (more && Replies.number(answer.result().get(1)) > 1) {
                        shared.accept(user);
                    }
                } else {
                    sweeper.began(Buckets.tagOf(user));
                }
                tell(user, one);
            }
            pump(link);
            endIfIdle();
        });
    }

    private Future<Response> script(String user, Held one, String incarnation) {
        Bucket bucket = Bucket.of(keys, Buckets.tagOf(user));
        return one.connections > 0
                ? on.run(
                        redis,
                        List.of(bucket.presence(), bucket.online(), bucket.grace(), bucket.events()),
                        List.of(user, incarnation, one.connections, one.since, Bucket.EVENTS_MAX))
                : off.run(
                        redis,
                        List.of(bucket.presence(), bucket.online(), bucket.grace(), bucket.seen()),
                        List.of(user, incarnation, limits.grace().toMillis()));
    }

    /** A new incarnation holds the lease: nobody knows of its users, and what the former one left is reaped. */
    private void announceAll() {
        turns.clear();
        later.clear();
        leftovers.forget();
        for (Map.Entry<String, Held> each : List.copyOf(users.entrySet())) {
            String user = each.getKey();
            Held one = each.getValue();
            one.forget();
            RedisLink link = link(user);
            if (link != null && one.connections > 0) {
                turns(link).anew(user);
            } else {
                tell(user, one);
            }
        }
        tellLater();
        endIfIdle();
    }

    private void forgetIfGone(String user, Held one) {
        if (one.connections == 0) {
            users.remove(user);
            held.set(users.size());
        }
    }

    private void endIfIdle() {
        Promise<Void> promise = stopped;
        if (promise != null && users.isEmpty() && turns.values().stream().allMatch(Turns::isIdle) && lease.isHeld()) {
            lease.remove().onComplete(removed -> promise.tryComplete());
        }
    }
}
