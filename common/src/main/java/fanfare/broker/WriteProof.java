package fanfare.broker;

import fanfare.redis.RedisDownException;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A key that this publisher writes again and again, to know that the master takes writes: an isolated one may refuse them,
 * or not answer. Confined to the broker's event loop.
 */
final class WriteProof {
    private static final int PERIOD_MS = 3_000;
    private static final int KEY_MS = 10_000;

    private final Vertx vertx;
    private final Lane lane;
    private final Outbox outbox;
    private final Supplier<String> key;
    /** One is on its way. */
    private boolean underWay;

    private long timer = -1;

    WriteProof(Vertx vertx, Lane lane, Outbox outbox, Supplier<String> key) {
        this.vertx = vertx;
        this.lane = lane;
        this.outbox = outbox;
        this.key = key;
    }

    /** The time by which entries of the outbox age [ms]. */
    static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** The write itself. */
    Request write() {
        return Request.cmd(Command.SET).arg(key.get()).arg(1).arg("PX").arg(KEY_MS);
    }

    void start() {
        timer = vertx.setPeriodic(PERIOD_MS, tick -> prove());
    }

    void stop() {
        vertx.cancelTimer(timer);
    }

    private void prove() {
        if (underWay || !lane.link().isUp()) {
            return;
        }
        underWay = true;
        long sentMs = nowMs();
        lane.link().send(write()).onComplete(answer -> {
            underWay = false;
            if (answer.succeeded()) {
                outbox.proved(sentMs);
                return;
            }
            outbox.unproved();
            if (!(answer.cause() instanceof RedisDownException)) {
                lane.refused(String.valueOf(answer.cause().getMessage()));
            }
        });
    }
}
