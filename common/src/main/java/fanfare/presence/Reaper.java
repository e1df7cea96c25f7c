package fanfare.presence;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Takes dead gateways out of all buckets. Each step may be repeated and be done by several at a time; the claim only
 * spares the others the work. Confined to the event loop of its links.
 */
final class Reaper {
    /** For how long a gateway that was paused finds out that it was taken for dead [ms]. */
    static final int TOMBSTONE_MS = 3_600_000;

    /** Buckets a round trip, so that Redis serves others in between. */
    private static final int SLICE = 64;
    /** Fields that one script looks at, about. */
    private static final int PAGE = 1_000;

    private final RedisLinks redis;
    private final Keys keys;
    private final PresenceLimits limits;
    private final Counter reaps;
    private final LuaScript claim = new LuaScript("claim");
    private final LuaScript reap = new LuaScript("reap");
    private final LuaScript reaped = new LuaScript("reaped");
    /** What this gateway is reaping. */
    private final Set<String> underWay = new HashSet<>();

    Reaper(RedisLinks redis, Keys keys, PresenceLimits limits, MeterRegistry metrics) {
        this.redis = redis;
        this.keys = keys;
        this.limits = limits;
        this.reaps = Counter.builder("fanfare_presence_reaps_total")
                .description("dead gateways whose users this one took out of presence")
                .register(metrics);
    }

    /** Reaps an incarnation whose lease ended, unless another gateway is at it. A failure is left to the next try. */
    void reap(String claimant, String incarnation, long endedMs) {
        if (!underWay.add(incarnation)) {
            return;
        }
        List<String> lease = List.of(keys.node(incarnation), keys.nodes());
        claim.run(redis, lease, List.of(incarnation, claimant, limits.claim().toMillis(), TOMBSTONE_MS))
                .compose(mine -> Replies.number(mine) == 0
                        ? Future.succeededFuture()
                        : slice(0, incarnation, endedMs)
                                .compose(done -> reaped.run(redis, lease, List.of(incarnation, claimant)))
                                .onSuccess(done -> reaps.increment((double) Replies.number(done)))
                                .mapEmpty())
                .onComplete(done -> underWay.remove(incarnation));
    }

    /** The buckets from one on. One whose Redis is away keeps the reaping from being done, but not the others from theirs. */
    private Future<Void> slice(int from, String incarnation, long endedMs) {
        if (from >= Buckets.COUNT) {
            return Future.succeededFuture();
        }
        int to = Math.min(from + SLICE, Buckets.COUNT);
        return Future.join(IntStream.range(from, to)
                        .mapToObj(bucket -> page(Bucket.of(keys, Buckets.tag(bucket)), incarnation, endedMs, "0"))
                        .toList())
                .transform(these -> slice(to, incarnation, endedMs)
                        .compose(rest ->
                                these.succeeded() ? Future.succeededFuture() : Future.failedFuture(these.cause())));
    }

    private Future<Void> page(Bucket bucket, String incarnation, long endedMs, String cursor) {
        return reap.run(
                        redis,
                        List.of(bucket.presence(), bucket.online(), bucket.grace(), bucket.seen(), bucket.events()),
                        List.of(incarnation, endedMs, cursor, PAGE, Bucket.EVENTS_MAX))
                .compose(next -> next.toString().equals("0")
                        ? Future.succeededFuture()
                        : page(bucket, incarnation, endedMs, next.toString()));
    }
}
