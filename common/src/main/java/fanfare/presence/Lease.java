package fanfare.presence;

import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A gateway's sign of life. A lease that was lost is never taken up again: the gateway becomes a new incarnation and
 * gives up the former one, which may have left something behind after it was reaped. Confined to the event loop of its
 * links.
 */
final class Lease {
    private static final System.Logger LOG = System.getLogger(Lease.class.getName());

    /** Dead gateways that one renewal names. */
    private static final int EXPIRED_MAX = 4;

    private final RedisLinks redis;
    private final Keys keys;
    private final PresenceLimits limits;
    private final Supplier<String> ids;
    private final Supplier<NodeState> state;
    private final Reaper reaper;
    /** Told when the lease is held by a new incarnation. */
    private final Runnable begun;

    private final Counter incarnations;
    private final LuaScript script = new LuaScript("lease");
    private String incarnation;
    /** Redis has acknowledged the lease of this incarnation. */
    private boolean held;
    /** Incarnations that Redis does not know to be given up. */
    private final List<String> former = new ArrayList<>();
    /** The gateway has left; an answer that comes late begins nothing anew. */
    private boolean ended;

    private boolean complained;
    /** Renewals that are still to come before anybody is taken for dead. */
    private long patience;

    Lease(
            RedisLinks redis,
            Keys keys,
            PresenceLimits limits,
            Supplier<String> ids,
            Supplier<NodeState> state,
            Reaper reaper,
            MeterRegistry metrics,
            Runnable begun) {
        this.redis = redis;
        this.keys = keys;
        this.limits = limits;
        this.ids = ids;
        this.state = state;
        this.reaper = reaper;
        this.begun = begun;
        this.incarnation = keys.incarnation(ids.get());
        this.incarnations = Counter.builder("fanfare_presence_incarnations_total")
                .description("times that this gateway had to announce itself and its users anew")
                .register(metrics);
    }

    String incarnation() {
        return incarnation;
    }

    boolean isHeld() {
        return held;
    }

    /** A link is up, for the first time or again. */
    void linkUp(RedisLink link) {
        if (link == redis.at(keys.nodes())) {
            patience = 1 + limits.comeback().toMillis() / limits.refresh().toMillis();
        }
        renew();
    }

    void renew() {
        if (!redis.isUp(keys.nodes())) {
            return;
        }
        String renewed = incarnation;
        List<String> given = List.copyOf(former);
        List<String> leases = new ArrayList<>(List.of(keys.node(renewed), keys.nodes()));
        given.forEach(each -> leases.add(keys.node(each)));
        List<Object> arguments = new ArrayList<>(List.of(
                renewed,
                held ? 0 : 1,
                state.get().toJson(),
                limits.lease().toMillis(),
                Reaper.TOMBSTONE_MS,
                EXPIRED_MAX));
        arguments.addAll(given);
        script.run(redis, leases, arguments).onComplete(done -> {
            if (done.failed()) {
                refused(done.cause());
            } else if (!ended && renewed.equals(incarnation)) {
                answered(done.result(), given);
            }
        });
    }

    /** Ends the lease of a gateway that holds nobody any more. */
    Future<Void> remove() {
        ended = true;
        held = false;
        return new LuaScript("lease-end")
                .run(redis, List.of(keys.node(incarnation), keys.nodes()), List.of(incarnation))
                .mapEmpty();
    }

    private void answered(Response answer, List<String> given) {
        complained = false;
        if (answer.get(0).toString().equals("LOST")) {
            LOG.log(System.Logger.Level.WARNING, "this gateway's lease ended; it announces itself anew");
            becomeNew();
            renew();
            return;
        }
        former.removeAll(given);
        if (!held) {
            held = true;
            begun.run();
        }
        if (patience > 0) {
            patience--;
        } else {
            Replies.pairs(answer, 1, (dead, endedMs) -> reaper.reap(incarnation, dead, endedMs));
        }
    }

    private void becomeNew() {
        former.add(incarnation);
        incarnation = keys.incarnation(ids.get());
        held = false;
        incarnations.increment();
    }

    /** Redis away is the link's to tell; a server that takes no writes is not the master any more, or cut off from it all. */
    private void refused(Throwable cause) {
        if (cause instanceof RedisDownException) {
            return;
        }
        String message = String.valueOf(cause.getMessage());
        if (!complained) {
            complained = true;
            LOG.log(System.Logger.Level.WARNING, "Redis refused the lease: {0}", message);
        }
        if (message.startsWith("READONLY") || message.startsWith("NOREPLICAS")) {
            RedisLink link = redis.at(keys.nodes());
            if (link != null) {
                link.reconnect(message);
            }
        }
    }
}
