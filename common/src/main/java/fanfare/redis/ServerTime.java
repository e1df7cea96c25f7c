package fanfare.redis;

/**
 * A moment on Redis' clock.
 *
 * @param replid identity of the master whose clock it is; empty if it is an estimate, made without one
 */
public record ServerTime(long ms, String replid) {}
