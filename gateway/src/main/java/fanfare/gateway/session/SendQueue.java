package fanfare.gateway.session;

import fanfare.gateway.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a browser, in order. It never changes: a longer one is another one. A queue remembers the last one that
 * came of it, so sessions which wait for the same have the same queue: a broadcast makes one for all sessions of an event
 * loop, and whoever encodes it knows by identity that it is done. Confined to that event loop.
 *
 * <p>Every loop has one empty queue, with which all others begin. What it remembers must be forgotten once in a while, or
 * it would keep what nobody waits for. The others need no such care: they live while somebody waits for them, and what
 * comes of one stays within a session's budget.
 */
public final class SendQueue {
    /** What was there before the newest message; null for the empty queue, as is the next. */
    private final @Nullable SendQueue before;

    private final @Nullable Message newest;
    private final int count;
    private final int bytes;
    /** The last one that came of this. */
    private @Nullable SendQueue next;

    /** The empty queue of an event loop. */
    SendQueue() {
        this.before = null;
        this.newest = null;
        this.count = 0;
        this.bytes = 0;
    }

    private SendQueue(SendQueue before, Message newest) {
        this.before = before;
        this.newest = newest;
        this.count = before.count + 1;
        this.bytes = before.bytes + newest.size();
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** How many messages wait. */
    public int count() {
        return count;
    }

    /** Bytes of text that wait. */
    public int bytes() {
        return bytes;
    }

    /** Whether there is room for the message within a budget; an empty queue takes a message of any size. */
    boolean takes(Message message, long bytesMax) {
        return bytes == 0 || (long) bytes + message.size() <= bytesMax;
    }

    /** This and one message more. */
    SendQueue plus(Message message) {
        SendQueue known = next;
        if (known == null || known.newest != message) {
            known = new SendQueue(this, message);
            next = known;
        }
        return known;
    }

    /** Forgets what came of this. */
    void forget() {
        next = null;
    }

    /** The messages, oldest first. */
    public Message[] messages() {
        Message[] messages = new Message[count];
        SendQueue queue = this;
        for (int i = count - 1; i >= 0; i--) {
            messages[i] = Objects.requireNonNull(queue.newest);
            queue = Objects.requireNonNull(queue.before);
        }
        return messages;
    }

    /** What is left when so many of the oldest are gone. */
    SendQueue after(int gone, SendQueue empty) {
        if (gone == count) {
            return empty;
        }
        if (gone == 0) {
            return this;
        }
        SendQueue left = empty;
        Message[] messages = messages();
        for (int i = gone; i < messages.length; i++) {
            left = left.plus(messages[i]);
        }
        return left;
    }

    /** Without what is of one channel, as browsers name it, which is handed to {@code dropped}. */
    SendQueue without(String channel, SendQueue empty, Consumer<Message> dropped) {
        SendQueue left = empty;
        for (Message message : messages()) {
            if (channel.equals(message.channel())) {
                dropped.accept(message);
            } else {
                left = left.plus(message);
            }
        }
        return left;
    }

    /** Takes messages one by one, for a transport that encodes for one browser only. */
    public Reader reader() {
        return new Reader(messages());
    }

    /** How far one transport has come in a queue. */
    public static final class Reader {
        private final Message[] messages;
        private int taken;
        /** What was taken since {@link #asked} and has a receipt; null for nothing. */
        private @Nullable List<Message> asked;

        private Reader(Message[] messages) {
            this.messages = messages;
        }

        public boolean isAtEnd() {
            return taken == messages.length;
        }

        /** Takes the oldest message that is left; null if there is none. */
        public @Nullable Message poll() {
            if (isAtEnd()) {
                return null;
            }
            Message message = messages[taken++];
            if (message.receipt() != null) {
                if (asked == null) {
                    asked = new ArrayList<>(1);
                }
                asked.add(message);
            }
            return message;
        }

        /** How many were taken so far. */
        public int taken() {
            return taken;
        }

        /** What was taken since the last call and has a receipt, for {@link Session#handedOver}; null for nothing. */
        public @Nullable List<Message> asked() {
            List<Message> since = asked;
            asked = null;
            return since;
        }
    }
}
