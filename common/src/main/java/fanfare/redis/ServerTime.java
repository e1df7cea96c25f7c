package fanfare.redis;

import io.vertx.redis.client.Response;

/**
 * A moment on Redis' clock.
 *
 * @param replid identity of the master whose clock it is; empty if it is an estimate, made without one
 */
public record ServerTime(long ms, String replid) {
    /** What Redis answered to TIME [ms]. */
    public static long msOf(Response time) {
        return Long.parseLong(time.get(0).toString()) * 1_000
                + Long.parseLong(time.get(1).toString()) / 1_000;
    }
}
