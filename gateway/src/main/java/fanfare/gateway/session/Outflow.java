package fanfare.gateway.session;

import fanfare.gateway.protocol.Message;
import fanfare.gateway.receipt.Receipt;
import fanfare.receipt.Reason;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session says to its browser: it waits within a budget, is written when the transport takes it, and where it has a
 * receipt, what became of it is told. A session is its own, since there are very many. Confined to its event loop.
 */
abstract class Outflow extends Traffic {
    final Hub hub;
    final Transport transport;
    final String connection;
    private SessionState state = SessionState.CONNECTING;
    /** What the transport has not taken. */
    private SendQueue queue;
    /** What it may hold beyond its budget, since that came at once, however fast the browser reads [bytes]. */
    private int atOnce;

    private boolean flushing;
    /** The browser fell behind its budget; it is closed at the end of the tick. */
    private boolean overflowed;

    Outflow(Hub hub, Transport transport, String connection) {
        super(hub.nowMs());
        this.hub = hub;
        this.transport = transport;
        this.connection = connection;
        this.queue = hub.nothing();
    }

    /** Whose browser it is, for receipts; null if nobody's, or not known yet. */
    abstract @Nullable String user();

    /** Ends the session and tells the browser why. */
    public abstract void close(CloseReason reason);

    /** Ends the session without a word, since that might be what does not work. */
    abstract void abandon();

    final SessionState state() {
        return state;
    }

    public final boolean isClosed() {
        return state == SessionState.CLOSED;
    }

    final void become(SessionState next) {
        if (!state.next().contains(next)) {
            throw new IllegalStateException(state + " cannot become " + next);
        }
        state = next;
    }

    /** Says something as soon as the transport takes it, if the browser is still here and keeps up. */
    final void send(Message message) {
        if (state != SessionState.OPEN || overflowed) {
            lost(message);
            return;
        }
        queue = longer(queue, message, atOnce);
        if (!flushing) {
            flushing = true;
            hub.flushLater(this);
        }
    }

    private void overflow() {
        if (!overflowed) {
            overflowed = true;
            // Not at once: the hub may be in the middle of handing a message to all of its sessions.
            hub.execute(() -> close(CloseReason.SLOW_CONSUMER));
        }
    }

    /** Writes what waits, as far as the transport takes it. */
    public final void flush() {
        if (isDue()) {
            write(hub.nowMs());
        }
    }

    /** Whether something waits that the transport would take; if not, it is over with the flush that was due. */
    final boolean isDue() {
        flushing = false;
        return state != SessionState.CLOSED && !queue.isEmpty() && transport.takesMore();
    }

    /** Does so after {@link #isDue}. */
    final void write(long nowMs) {
        SendQueue waiting = queue;
        if (state == SessionState.CLOSED || waiting.isEmpty()) {
            // Another one's write has seen to that.
            return;
        }
        int taken = 0;
        // While the transport has it, it is not here: a transport may ask for more, or end the session, before it
        // returns.
        queue = hub.nothing();
        try {
            taken = transport.write(waiting);
        } finally {
            written(waiting, taken, nowMs);
        }
    }

    private void written(SendQueue waiting, int taken, long nowMs) {
        SendQueue left = waiting.after(taken, hub.nothing());
        hub.waits(left.bytes() - waiting.bytes());
        if (taken > 0) {
            took(taken, waiting.bytes() - left.bytes(), nowMs);
            atOnce = left.isEmpty() ? 0 : Math.max(0, atOnce - waiting.bytes() + left.bytes());
        }
        if (state == SessionState.CLOSED) {
            lose(left);
        } else if (queue.isEmpty()) {
            queue = left;
        } else {
            for (Message since : queue.messages()) {
                left = left.plus(since);
            }
            queue = left;
        }
    }

    /**
     * What has a receipt is with the network, which says what becomes of it.
     *
     * @param asked null for nothing, as nearly always
     */
    public final void handedOver(@Nullable List<Message> asked, Future<Void> write) {
        if (asked != null) {
            write.onComplete(done -> left(asked, done.succeeded()));
        }
    }

    /** The same where the network has said what became of it; to be called on the session's event loop. */
    public final void left(@Nullable List<Message> asked, boolean written) {
        if (asked != null) {
            asked.forEach(message -> {
                Receipt receipt = message.receipt();
                if (!written) {
                    lost(message);
                } else if (receipt != null) {
                    hub.reports().written(receipt, connection, transport.name(), user());
                }
            });
        }
    }

    /** It waited for a browser that has gone, or that was too slow. */
    final void lost(Message message) {
        notDelivered(message, overflowed ? Reason.SLOW : Reason.SESSION_ENDED);
    }

    final void notDelivered(Message message, Reason why) {
        Receipt receipt = message.receipt();
        if (receipt != null) {
            hub.reports().notDelivered(receipt, connection, why, transport.name(), user());
        }
    }

    /** So much comes at once, for which the browser is not to blame. */
    final void comesAtOnce(int bytes) {
        atOnce = (int) Math.min(Integer.MAX_VALUE, (long) atOnce + bytes);
    }

    /**
     * The queue with one message more; if the budget does not hold it, the queue as it was, and the session ends.
     *
     * @param more what it may hold beyond the budget [bytes]
     */
    final SendQueue longer(SendQueue waiting, Message message, int more) {
        if (waiting.takes(message, (long) hub.limits().queueBytesMax() + more)) {
            hub.waits(message.size());
            return waiting.plus(message);
        }
        overflow();
        lost(message);
        return waiting;
    }

    /** Nobody will get this. */
    final void lose(@Nullable SendQueue waiting) {
        if (waiting != null) {
            hub.waits(-waiting.bytes());
            for (Message message : waiting.messages()) {
                lost(message);
            }
        }
    }

    /** Nobody will get what still waits, which is told to have been too slow if it was. */
    final void loseAll(boolean slow) {
        overflowed = overflowed || slow;
        lose(queue);
        queue = hub.nothing();
    }
}
