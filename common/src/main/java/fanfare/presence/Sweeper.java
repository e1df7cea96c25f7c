package fanfare.presence;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.PubSub;
import fanfare.redis.RedisLinks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Ends graces: those that this gateway began when they are over, and in turn those in all buckets, which others began
 * and did not live to end. Confined to the event loop of its links.
 */
final class Sweeper {
    /** How often {@link #sweep} wants to be called. */
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Graces of a bucket that end within this time are ended together [ms]. */
    private static final int TICK_MS = 250;

    private static final Duration SEEN_TTL = Duration.ofDays(30);
    /** Users that one script calls offline. */
    private static final int USERS_MAX = 500;

    /** A bucket in which a grace ends in a tick: there are few, however many users leave at a time. */
    private record Due(long tick, String tag) {}

    private final RedisLinks redis;
    private final Keys keys;
    private final PresenceLimits limits;
    private final LuaScript sweep = new LuaScript("sweep");
    /** In the order of their ticks. */
    private final Set<Due> due = new LinkedHashSet<>();
    /** The bucket whose turn is next. */
    private int next;

    Sweeper(RedisLinks redis, Keys keys, PresenceLimits limits) {
        this.redis = redis;
        this.keys = keys;
        this.limits = limits;
    }

    /** A grace began just now in this bucket. */
    void began(String tag) {
        // The tick after the end: a little late finds it over, a little early would leave it to the turn of the bucket.
        due.add(new Due(tickOf(System.nanoTime() + limits.grace().toNanos()) + 1, tag));
    }

    /** Ends what is over, and gives the next buckets their turn. */
    void sweep() {
        if (!redis.isUp()) {
            return;
        }
        long now = tickOf(System.nanoTime());
        Set<String> tags = new LinkedHashSet<>();
        for (var each = due.iterator(); each.hasNext(); ) {
            Due grace = each.next();
            if (grace.tick() > now) {
                break;
            }
            tags.add(grace.tag());
            each.remove();
        }
        for (int i = 0; i < limits.bucketsPerSecond(); i++) {
            tags.add(Buckets.tag(next));
            next = (next + 1) % Buckets.COUNT;
        }
        if (redis.pubSub() == PubSub.SHARDED) {
            // A script may touch one slot only, and each bucket has another.
            tags.forEach(tag -> sweep(List.of(tag)));
        } else {
            sweep(tags);
        }
    }

    /** A failure is left to the buckets' next turn. */
    private void sweep(Collection<String> tags) {
        List<String> buckets = new ArrayList<>();
        for (String tag : tags) {
            Bucket bucket = Bucket.of(keys, tag);
            buckets.addAll(List.of(bucket.online(), bucket.grace(), bucket.seen(), bucket.events()));
        }
        sweep.run(redis, buckets, List.of(SEEN_TTL.toMillis(), USERS_MAX, Bucket.EVENTS_MAX))
                .onSuccess(ended -> {
                    if (Replies.number(ended) == USERS_MAX) {
                        sweep(tags);
                    }
                });
    }

    private static long tickOf(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(ns) / TICK_MS;
    }
}
