package fanfare.gateway.session;

import fanfare.gateway.protocol.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What waits for one browser, within a budget of bytes. Confined to the session's event loop. */
public final class SendQueue {
    private final ArrayDeque<Message> messages = new ArrayDeque<>(2);
    private final int bytesMax;
    /** What all sessions of the process have waiting, for the metric. */
    private final LongAdder total;

    private int bytes;
    /** What was taken out, has a receipt and is not handed over; null for nothing. */
    private @Nullable List<Message> asked;

    SendQueue(int bytesMax, LongAdder total) {
        this.bytesMax = bytesMax;
        this.total = total;
    }

    /** Adds a message; false if that would exceed the budget. An empty queue takes a message of any size. */
    boolean offer(Message message) {
        if (bytes > 0 && bytes + message.size() > bytesMax) {
            return false;
        }
        bytes += message.size();
        total.add(message.size());
        messages.add(message);
        return true;
    }

    public boolean isEmpty() {
        return messages.isEmpty();
    }

    /** Bytes of text that wait. */
    public int bytes() {
        return bytes;
    }

    /** Takes the oldest message out; null if there is none. */
    public @Nullable Message poll() {
        Message message = messages.poll();
        if (message != null) {
            bytes -= message.size();
            total.add(-message.size());
        }
        return message;
    }

    /** Remembers that what was taken out has a receipt, until whatever it is written with is handed over. */
    public void asks(Message message) {
        if (asked == null) {
            asked = new ArrayList<>(1);
        }
        asked.add(message);
    }

    /** What was remembered since the last call, for {@link Session#handedOver}; null for nothing. */
    public @Nullable List<Message> asked() {
        List<Message> taken = asked;
        if (taken != null) {
            asked = null;
        }
        return taken;
    }

    /** Drops what is of one channel, as browsers name it; what has a receipt is handed to {@code lost}. */
    void drop(String channel, Consumer<Message> lost) {
        messages.removeIf(message -> {
            boolean dropped = channel.equals(message.channel());
            if (dropped) {
                bytes -= message.size();
                total.add(-message.size());
                lost.accept(message);
            }
            return dropped;
        });
    }

    /** Forgets all; what has a receipt is handed to {@code lost}. */
    void clear(Consumer<Message> lost) {
        messages.stream().filter(message -> message.receipt() != null).forEach(lost);
        messages.clear();
        total.add(-bytes);
        bytes = 0;
    }
}
