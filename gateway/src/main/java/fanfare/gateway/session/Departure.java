package fanfare.gateway.session;

/** One session's way out of a gateway that stops: its browser is told, and closed if it has not gone by itself. */
final class Departure implements Wheel.Timed {
    static final String REASON = "drain";

    private final Session session;
    private final long toldMs;
    private final long delayMs;
    private final long closedMs;
    private boolean told;

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
        if (!told) {
            told = true;
            session.askBack(delayMs, REASON);
        }
        if (nowMs < closedMs) {
            return closedMs;
        }
        session.close(CloseReason.DRAIN);
        return Wheel.NEVER;
    }
}
