package fanfare.gateway.feed;

import fanfare.redis.RedisLink;
import fanfare.redis.ServerTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What time it is on Redis. All who ask in one tick are answered by one TIME. Confined to the node loop. */
public final class RedisClock {
    /** A newcomer does not wait longer than this for Redis; then an estimate must do [ms]. */
    private static final int WAIT_MS_MAX = 500;
    /** An estimate is made this much earlier, since a repeated message is dropped but a missed one is missed [ms]. */
    private static final long MARGIN_MS = 1_000;

    private static final int LOOK_MS = 20;

    private final Vertx vertx;
    private final Context context;
    private final RedisLink link;
    private final LongSupplier clock;
    /** Redis' clock minus ours, as last seen [ms]. */
    private long offsetMs;
    /** Whether Redis was ever asked; before that, there is nothing to make an estimate from. */
    private boolean known;
    /** What this tick's askers wait for. */
    private @Nullable Promise<ServerTime> asking;

    /** {@code clock} goes at the pace of Redis'; before Redis was first asked it is what stands for Redis' [ms]. */
    public RedisClock(Vertx vertx, RedisLink link, LongSupplier clock) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.link = link;
        this.clock = clock;
    }

    /** The time on Redis, taken after this call; an estimate on the early side if Redis does not answer. */
    public Future<ServerTime> now() {
        Promise<ServerTime> current = asking;
        if (current == null) {
            current = Promise.promise();
            asking = current;
            Promise<ServerTime> asked = current;
            context.runOnContext(tick -> {
                asking = null;
                answer(asked, WAIT_MS_MAX);
            });
        }
        return current.future();
    }

    /** The same as an estimate, at once. */
    public ServerTime estimate() {
        return new ServerTime(estimateMs() - MARGIN_MS, link.isUp() ? link.replid() : "");
    }

    /** The time on Redis by our own clock and the offset last seen [ms]. */
    public long estimateMs() {
        return clock.getAsLong() + offsetMs;
    }

    private void answer(Promise<ServerTime> asked, int patienceMs) {
        if (!known && !link.isUp() && patienceMs > 0) {
            vertx.setTimer(LOOK_MS, timer -> answer(asked, patienceMs - LOOK_MS));
        } else {
            ask().onComplete(asked);
        }
    }

    private Future<ServerTime> ask() {
        String replid = link.replid();
        return link.send(Request.cmd(Command.TIME))
                .timeout(WAIT_MS_MAX, TimeUnit.MILLISECONDS)
                .map(time -> {
                    long now = ms(time);
                    known = true;
                    offsetMs = now - clock.getAsLong();
                    return new ServerTime(now, replid);
                })
                .otherwise(failure -> estimate());
    }

    private static long ms(Response time) {
        return Long.parseLong(time.get(0).toString()) * 1_000
                + Long.parseLong(time.get(1).toString()) / 1_000;
    }
}
