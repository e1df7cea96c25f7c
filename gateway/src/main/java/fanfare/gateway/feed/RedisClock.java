package fanfare.gateway.feed;

import fanfare.process.SharedQuestion;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What time it is on Redis, on all its masters. All who ask in one tick are answered by one TIME. Confined to the node loop. */
public final class RedisClock {
    /** A newcomer does not wait longer than this for Redis; then an estimate must do [ms]. */
    private static final int WAIT_MS_MAX = 500;
    /** An estimate is made this much earlier, since a repeated message is dropped but a missed one is missed [ms]. */
    private static final long MARGIN_MS = 1_000;

    private static final int LOOK_MS = 20;

    private final Vertx vertx;
    private final RedisLinks redis;
    private final LongSupplier clock;
    /** Redis' clock minus ours, as last seen [ms]. */
    private long offsetMs;
    /** Whether Redis was ever asked; before that, there is nothing to make an estimate from. */
    private boolean known;
    /** Links that owe an answer to TIME. */
    private final Set<RedisLink> silent = new HashSet<>();

    private final SharedQuestion<ServerTime> now;

    /** {@code clock} goes at the pace of Redis'; before Redis was first asked it is what stands for Redis' [ms]. */
    public RedisClock(Vertx vertx, RedisLinks redis, LongSupplier clock) {
        this.vertx = vertx;
        this.redis = redis;
        this.clock = clock;
        this.now = new SharedQuestion<>(vertx.getOrCreateContext(), () -> answer(WAIT_MS_MAX));
    }

    /** The time on Redis, taken after this call; an estimate on the early side if Redis does not answer. */
    public Future<ServerTime> now() {
        return now.ask();
    }

    /** The same as an estimate, at once. */
    public ServerTime estimate() {
        long ms = estimateMs() - MARGIN_MS;
        Map<String, Long> byMaster = new HashMap<>();
        redis.all().stream().filter(RedisLink::isUp).forEach(link -> byMaster.put(link.replid(), ms));
        return new ServerTime(ms, byMaster);
    }

    /** The time on Redis by our own clock and the offset last seen [ms]. */
    public long estimateMs() {
        return clock.getAsLong() + offsetMs;
    }

    private Future<ServerTime> answer(int patienceMs) {
        return known || redis.isUp() || patienceMs <= 0
                ? ask()
                : vertx.timer(LOOK_MS, TimeUnit.MILLISECONDS).compose(timer -> answer(patienceMs - LOOK_MS));
    }

    /** Asks all masters; one that owes an answer is not waited for again. */
    private Future<ServerTime> ask() {
        ServerTime estimate = estimate();
        Map<String, Long> byMaster = new HashMap<>(estimate.byMaster());
        List<Future<Void>> answers = redis.all().stream()
                .filter(link -> link.isUp() && silent.add(link))
                .map(link -> ask(link, byMaster))
                .toList();
        return Future.join(answers).transform(all -> {
            long earliest =
                    byMaster.values().stream().mapToLong(Long::longValue).min().orElse(estimate.ms());
            return Future.succeededFuture(new ServerTime(earliest, byMaster));
        });
    }

    private Future<Void> ask(RedisLink link, Map<String, Long> byMaster) {
        String replid = link.replid();
        return link.send(Request.cmd(Command.TIME))
                .onComplete(answer -> silent.remove(link))
                .timeout(WAIT_MS_MAX, TimeUnit.MILLISECONDS)
                .map(time -> {
                    long now = ServerTime.msOf(time);
                    known = true;
                    offsetMs = now - clock.getAsLong();
                    byMaster.put(replid, now);
                    return null;
                });
    }
}
