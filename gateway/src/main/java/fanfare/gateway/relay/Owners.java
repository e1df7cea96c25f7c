package fanfare.gateway.relay;

import fanfare.presence.NodeState;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which gateway holds which fallback session, as Redis knows it. What was found is remembered, so that the requests of a
 * session cost Redis nothing between its first and its last. Confined to the node loop.
 */
public final class Owners {
    /** A fallback session is asked to leave before this is over. */
    private static final Duration KEPT = Duration.ofHours(24);
    /** Sessions of other gateways that are remembered; the one unused for longest is asked about once more. */
    private static final int KNOWN_MAX = 100_000;

    /**
     * What is known of a session.
     *
     * @param elsewhere the living gateway that holds it; null if none does but perhaps this one
     * @param taken what stands in Redis instead and may be overwritten; empty for nothing
     */
    public record Found(@Nullable Owner elsewhere, String taken) {}

    private final RedisLinks redis;
    private final Keys keys;
    private final Supplier<Owner> self;
    private final LuaScript claim = new LuaScript("own");
    private final LuaScript release = new LuaScript("disown");
    private final Map<String, Owner> known;
    /** Read by metrics from other threads. */
    private final AtomicInteger size = new AtomicInteger();

    /** {@code self} is how this gateway stands in Redis at present. */
    public Owners(RedisLinks redis, Keys keys, Supplier<Owner> self, MeterRegistry metrics) {
        this.redis = redis;
        this.keys = keys;
        this.self = self;
        this.known = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Owner> eldest) {
                return size() > KNOWN_MAX;
            }
        };
        Gauge.builder("fanfare_relay_sessions_known", size, AtomicInteger::get)
                .description("Fallback sessions of other gateways that are remembered here; at most " + KNOWN_MAX)
                .register(metrics);
    }

    /** Looks for the gateway that holds a session which is not here; fails if Redis cannot be asked. */
    public Future<Found> find(String id) {
        Owner owner = known.get(id);
        if (owner != null) {
            return Future.succeededFuture(new Found(owner, ""));
        }
        return redis.send(keys.session(id), Request.cmd(Command.GET).arg(keys.session(id)))
                .compose(answer -> judge(id, answer == null ? "" : answer.toString()));
    }

    /** Makes this gateway the owner of a session that was found to be nobody's, unless another one was quicker. */
    public Future<Found> claim(String id, Found found) {
        String mine = self.get().value();
        return claim.run(redis, List.of(keys.session(id)), List.of(mine, found.taken(), KEPT.toSeconds()))
                .compose(answer -> answer.toString().equals(mine)
                        ? Future.succeededFuture(new Found(null, mine))
                        : judge(id, answer.toString()));
    }

    /** A session that this gateway claimed, and then stood in Redis as {@code taken}, is over. */
    public void release(String id, String taken) {
        var unused = release.run(redis, List.of(keys.session(id)), List.of(taken));
    }

    /** What was found about a session is not true any more. */
    public void forget(String id) {
        known.remove(id);
        size.set(known.size());
    }

    private Future<Found> judge(String id, String value) {
        Owner owner = Owner.parse(value);
        if (owner == null || owner.incarnation().equals(self.get().incarnation())) {
            return Future.succeededFuture(new Found(null, value));
        }
        return redis.send(
                        keys.node(owner.incarnation()), Request.cmd(Command.GET).arg(keys.node(owner.incarnation())))
                .map(lease -> {
                    boolean lives = lease != null && NodeState.isLease(lease.toString());
                    if (!lives) {
                        return new Found(null, value);
                    }
                    known.put(id, owner);
                    size.set(known.size());
                    return new Found(owner, "");
                });
    }
}
