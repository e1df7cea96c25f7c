package fanfare.redis;

import io.vertx.redis.client.Response;
import java.util.Map;

/**
 * A moment on Redis' clocks, of which each master has one.
 *
 * @param ms by the clock that is furthest behind [ms]
 * @param byMaster by the clocks of all masters that were asked, by their identities; none for an estimate
 */
public record ServerTime(long ms, Map<String, Long> byMaster) {
    /** It is not known on whose clock a moment is. */
    public static final ServerTime NOWHERE = new ServerTime(0, Map.of());

    /** @param replid identity of the only master whose clock it is; empty if it is not known */
    public ServerTime(long ms, String replid) {
        this(ms, replid.isEmpty() ? Map.of() : Map.of(replid, ms));
    }

    /** Whether the moment was taken on the clock of this master. */
    public boolean isOn(String replid) {
        return byMaster.containsKey(replid);
    }

    /** By how much the clock of a master, on which the moment was taken, is ahead of that which is furthest behind [ms]. */
    public long aheadMs(String replid) {
        return byMaster.getOrDefault(replid, ms) - ms;
    }

    /** What Redis answered to TIME [ms]. */
    public static long msOf(Response time) {
        return Long.parseLong(time.get(0).toString()) * 1_000
                + Long.parseLong(time.get(1).toString()) / 1_000;
    }
}
