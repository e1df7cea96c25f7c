package fanfare.gateway.session;

/**
 * How one browser is reached. The session says what; the transport knows the frames, and whether the network can take
 * more. Called on the session's event loop only.
 */
public interface Transport {
    /** The metric's label, such as {@code websocket}. */
    String name();

    /** Whether the network takes anything now; if it does not, {@link Session#flush} is called once it does. */
    boolean takesMore();

    /**
     * Writes as much of what waits as the network takes now; calls {@link Session#flush} when it can take more.
     *
     * @return how many of the oldest messages it took
     */
    int write(SendQueue waiting);

    /** Writes something that means nothing, so that proxies keep the connection and a dead one is noticed. */
    void heartbeat();

    /** Tells the browser why, and ends the connection. Nothing is written afterwards. */
    void close(CloseReason reason);

    /** Ends the connection at once: the browser did not take the close in time. */
    void reset();
}
