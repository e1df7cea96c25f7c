package fanfare.gateway.session;

/**
 * One session's way out of a gateway that stops: its browser is told, and closed if it has not gone by itself. Who is not
 * welcome yet when its moment comes cannot be told; it is as soon as it is, and then has its while like all others.
 */
final class Departure implements Wheel.Timed {
    static final String REASON = "drain";

    private final Session session;
    private final long toldMs;
    private final long delayMs;
    private final long graceMs;
    private boolean told;
    /** When it is closed; later than planned if it could be told only later. */
    private long closedMs;

    /**
     * Plans the way out.
     *
     * @param toldMs when the browser is told
     * @param delayMs within which it is asked to come back elsewhere
     * @param graceMs after which it is closed
     */
    Departure(Session session, long toldMs, long delayMs, long graceMs) {
        this.session = session;
        this.toldMs = toldMs;
        this.delayMs = delayMs;
        this.graceMs = graceMs;
        this.closedMs = toldMs + graceMs;
    }

    @Override
    public long tick(long nowMs) {
        if (session.isClosed()) {
            return Wheel.NEVER;
        }
        if (nowMs < toldMs) {
            return toldMs;
        }
        if (!told && session.askBack(delayMs, REASON)) {
            told = true;
            closedMs = Math.max(closedMs, nowMs + graceMs);
        }
        if (nowMs < closedMs) {
            return told ? closedMs : nowMs;
        }
        session.close(CloseReason.DRAIN);
        return Wheel.NEVER;
    }
}
