package fanfare.gateway.sockjs;

import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.gateway.session.Wheel;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A SockJS session over HTTP requests: what the browser hears goes into whichever response is open, what it says comes in
 * requests of their own. Confined to the event loop of the request that opened it; {@link #execute} gets others there.
 */
final class FallbackTransport implements Transport, Wheel.Timed {
    /** How long a browser may be without an open request before it is taken to have left (sockjs-node's default). */
    static final int DISCONNECT_DELAY_MS = 5_000;
    /** The same while it reads a response that has ended, or the site is asked about it: slowness is no reason [ms]. */
    private static final int PATIENCE_MS_MAX = 30_000;
    /** For how long a closed session repeats why, to polls that come later. */
    private static final int CLOSE_REPEATED_MS = 5_000;
    /** A stream ends after this much, since the browser keeps all of it in memory (SockJS protocol) [bytes]. */
    static final int STREAM_BYTES_MAX = 128 << 10;
    /** What a stream's connection may have taken and not yet sent [bytes]. */
    private static final int UNSENT_BYTES_MAX = 64 << 10;

    /** Redis knows for a day who holds a session; its browser is asked for a new one in good time [ms]. */
    private static final long LIFE_MS = 20 * 3_600_000L;

    private static final long LIFE_SPREAD_MS = 3_600_000L;

    private final String name;
    private volatile String loginHash;
    private final long beganMs;
    private volatile String claim;
    private final Hub hub;
    /** Takes the session out of the directory. */
    private final Consumer<FallbackTransport> forget;

    private @Nullable Session session;
    /** Null between two requests. */
    private @Nullable Receiver receiver;
    /** Bytes that the current stream has been given, and those of them that are not sent. */
    private int streamBytes;

    private int unsentBytes;
    private boolean opened;
    /** The browser was asked to begin a new session. */
    private boolean askedBack;
    /** Requests of which the site has yet to say whose they are. */
    private int judged;
    /** A response that has ended and not left completely; null if there is none. */
    private @Nullable Receiver sending;
    /** The last response was large and went by way of another gateway, which may still be busy handing it on. */
    private boolean sentFarAway;
    /** Set once it is over, and repeated to whoever asks. */
    private @Nullable CloseReason closed;
    /** Since when there is no receiver, or the last response is over, or the session is closed [ms]. */
    private long idleSinceMs;

    /**
     * Makes a transport that {@link #serve} begins.
     *
     * @param name that of the transport which opened the session
     * @param claim how this gateway stands in Redis as the session's holder
     */
    FallbackTransport(String name, String loginHash, String claim, Hub hub, Consumer<FallbackTransport> forget) {
        this.name = name;
        this.loginHash = loginHash;
        this.claim = claim;
        this.hub = hub;
        this.forget = forget;
        this.beganMs = hub.nowMs();
        this.idleSinceMs = beganMs;
    }

    void serve(Session opening) {
        session = opening;
        hub.wheel().schedule(this, idleSinceMs + DISCONNECT_DELAY_MS);
    }

    /** How this gateway stands in Redis as the session's holder; from any loop. */
    String claim() {
        return claim;
    }

    void claim(String taken) {
        claim = taken;
    }

    /** Hash of the site's cookies in the last request that proved to be of the session's own user; from any loop. */
    String loginHash() {
        return loginHash;
    }

    void loginHash(String proven) {
        loginHash = proven;
    }

    @Nullable
    Session session() {
        return session;
    }

    /** Runs something on this session's event loop; may be called on any. */
    void execute(Runnable task) {
        hub.execute(task);
    }

    /** A request that waits for what the session has to say. */
    void attach(Receiver newcomer) {
        if (closed != null || receiver != null) {
            CloseReason reason = closed == null ? CloseReason.ANOTHER_CONNECTION : closed;
            newcomer.end(newcomer.wrap(frame(SockJsFrames.close(reason))), sent -> execute(this::toldOfClose));
            return;
        }
        receiver = newcomer;
        streamBytes = 0;
        unsentBytes = 0;
        if (!opened) {
            opened = true;
            put(frame(SockJsFrames.OPEN));
        }
        if (receiver != null && session != null) {
            session.flush();
        }
    }

    /** A request is here, and the site is asked whose it is: that it takes its time is no reason to give the browser up. */
    void judging() {
        judged++;
    }

    /** The site has said whose that request is, or cannot. */
    void judged(boolean own) {
        judged--;
        if (own && closed == null) {
            idleSinceMs = hub.nowMs();
        }
    }

    /**
     * A request ended before its response did, or the response was lost: the browser left, or something in between cut it
     * off. What the response held is lost with it, so the session must not go on as if nothing were missing.
     */
    void aborted(Receiver gone) {
        boolean current = gone == receiver;
        if (current) {
            receiver = null;
        }
        if (session != null && closed == null && (current || gone == sending)) {
            session.close(CloseReason.INTERRUPTED);
            toldOfClose();
        }
        over(gone);
    }

    void receive(List<String> messages) {
        if (session != null) {
            messages.forEach(session::receive);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean takesMore() {
        return receiver != null && unsentBytes < UNSENT_BYTES_MAX;
    }

    @Override
    public int write(SendQueue queue) {
        SendQueue.Reader waiting = queue.reader();
        while (!waiting.isAtEnd() && takesMore()) {
            Buffer frame = SockJsFrames.array(waiting, STREAM_BYTES_MAX);
            put(frame, waiting.asked());
        }
        return waiting.taken();
    }

    @Override
    public void heartbeat() {
        put(frame(SockJsFrames.HEARTBEAT));
    }

    @Override
    public void close(CloseReason reason) {
        closed = reason;
        if (receiver != null) {
            end(receiver, receiver.wrap(frame(SockJsFrames.close(reason))), null);
        }
        idleSinceMs = hub.nowMs();
    }

    @Override
    public void reset() {
        if (closed == null) {
            closed = CloseReason.STATE_LOST;
            idleSinceMs = hub.nowMs();
        }
        if (sending != null) {
            sending.reset();
        }
        if (receiver != null) {
            receiver.reset();
            receiver = null;
        }
    }

    @Override
    public long tick(long nowMs) {
        if (receiver != null && receiver.isGone()) {
            // A connection that broke in the very moment of its admission has told nobody of its end.
            aborted(receiver);
        }
        if (closed != null) {
            if (nowMs - idleSinceMs < CLOSE_REPEATED_MS) {
                return idleSinceMs + CLOSE_REPEATED_MS;
            }
            forget.accept(this);
            return Wheel.NEVER;
        }
        if (!askedBack && session != null && nowMs - beganMs >= LIFE_MS) {
            askedBack = session.askBack(LIFE_SPREAD_MS, "session too old");
        }
        int patienceMs = sending == null && !sentFarAway && judged == 0 ? DISCONNECT_DELAY_MS : PATIENCE_MS_MAX;
        if (receiver == null && nowMs - idleSinceMs >= patienceMs) {
            // For whoever still was on its way here.
            closed = CloseReason.INTERRUPTED;
            reset();
            forget.accept(this);
            if (session != null) {
                session.ended(CloseReason.INTERRUPTED.code());
            }
            return Wheel.NEVER;
        }
        long lookAgain = nowMs + DISCONNECT_DELAY_MS;
        return receiver == null ? Math.min(idleSinceMs + patienceMs, lookAgain) : lookAgain;
    }

    private void put(Buffer frame) {
        put(frame, null);
    }

    /** @param asked what of the frame has a receipt; null for nothing */
    private void put(Buffer frame, @Nullable List<Message> asked) {
        Receiver current = receiver;
        if (current == null) {
            return;
        }
        Buffer part = current.wrap(frame);
        if (!current.isStreaming()) {
            end(current, part, asked);
            return;
        }
        int length = part.length();
        streamBytes += length;
        unsentBytes += length;
        current.write(part, sent -> execute(() -> written(current, length, asked, sent)));
        if (streamBytes >= STREAM_BYTES_MAX) {
            end(current, Buffer.buffer(), null);
        }
    }

    private void written(Receiver by, int bytes, @Nullable List<Message> asked, boolean sent) {
        if (session != null) {
            session.left(asked, sent);
        }
        if (sent && by == receiver) {
            unsentBytes -= bytes;
            if (session != null) {
                session.flush();
            }
        }
    }

    /** Ends the current response; the browser is expected back once it has read it. */
    private void end(Receiver current, Buffer lastPart, @Nullable List<Message> asked) {
        receiver = null;
        sending = current;
        boolean isClose = closed != null;
        sentFarAway = current.isHandedOn() && lastPart.length() > UNSENT_BYTES_MAX;
        idleSinceMs = hub.nowMs();
        current.end(
                lastPart,
                sent -> execute(() -> {
                    if (session != null) {
                        session.left(asked, sent);
                    }
                    if (sent) {
                        over(current);
                    } else {
                        aborted(current);
                    }
                    if (isClose) {
                        toldOfClose();
                    }
                }));
    }

    /** A response that had ended has left, or is lost. */
    private void over(Receiver ended) {
        if (ended == sending) {
            sending = null;
            if (closed == null) {
                idleSinceMs = hub.nowMs();
            }
        }
    }

    /** Of the close the browser has been told, or has no need to be. */
    private void toldOfClose() {
        if (closed != null && session != null) {
            session.ended(closed.code());
        }
    }

    /** Has the current response end as if it were full: the browser asks anew, perhaps by way of another gateway. */
    void renew() {
        Receiver current = receiver;
        if (current != null && opened) {
            end(current, current.isStreaming() ? Buffer.buffer() : current.wrap(frame(SockJsFrames.HEARTBEAT)), null);
        }
    }

    private static Buffer frame(String text) {
        return Buffer.buffer(text);
    }
}
