package fanfare.gateway.sockjs;

import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.SendQueue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frames of what waits for WebSockets, in one framing. All that wait for the same, one after the other, get the same
 * bytes: it is encoded once. One for each event loop and framing, and confined to that loop.
 */
final class Batch {
    /** What leaves at a time, and about the size of a SockJS frame: then a slow connection is asked whether it takes more. */
    private static final int BYTES = 64 << 10;

    /** What a SockJS array has around and between its messages. */
    private static final byte[] BEGIN = ascii("a[");

    private static final byte[] END = ascii("]");

    private final boolean framed;
    /** As long as the longest batch so far, which the longest message bounds. */
    private final ByteBuf bytes = Unpooled.directBuffer(BYTES);
    /** What is encoded; null before the first time. */
    private @Nullable SendQueue queue;
    /** Which messages of it: from, and up to without. */
    private int begin;

    private int end;
    /** Those of them with a receipt; null for none. */
    private @Nullable List<Message> asked;

    /** @param framed whether messages stand in SockJS's arrays, or each in a frame of its own */
    Batch(boolean framed) {
        this.framed = framed;
    }

    /** Encodes what waits, oldest first, from so many messages on. */
    void encode(SendQueue waiting, int from) {
        if (waiting != queue || from != begin) {
            queue = waiting;
            begin = from;
            end = from;
            asked = null;
            bytes.clear();
            Message[] messages = waiting.messages();
            if (framed) {
                appendArray(messages);
            } else {
                appendEach(messages);
            }
        }
    }

    private void appendEach(Message[] messages) {
        do {
            byte[] text = take(messages).text().getBytes();
            Frames.head(bytes, Frames.TEXT, text.length);
            bytes.writeBytes(text);
        } while (end < messages.length && bytes.readableBytes() < BYTES);
    }

    private void appendArray(Message[] messages) {
        int length = BEGIN.length + END.length - 1;
        do {
            length += 1 + take(messages).quoted().length();
        } while (end < messages.length && length < BYTES);
        Frames.head(bytes, Frames.TEXT, length);
        bytes.writeBytes(BEGIN);
        for (int i = begin; i < end; i++) {
            if (i > begin) {
                bytes.writeByte(',');
            }
            bytes.writeBytes(messages[i].quoted().getBytes());
        }
        bytes.writeBytes(END);
    }

    private Message take(Message[] messages) {
        Message message = messages[end++];
        if (message.receipt() != null) {
            if (asked == null) {
                asked = new ArrayList<>(1);
            }
            asked.add(message);
        }
        return message;
    }

    /** The frames; whoever writes them leaves them as they are. */
    ByteBuf bytes() {
        return bytes;
    }

    /** The first message that is not among them. */
    int end() {
        return end;
    }

    /** Those messages of it that have a receipt; null for none. It belongs to the reader. */
    @Nullable
    List<Message> asked() {
        return asked;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
