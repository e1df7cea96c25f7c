package fanfare.deploy.bench;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/** Takes a server's WebSocket frames (RFC 6455, 5.2) out of a stream of bytes. Ours are never fragmented. */
final class FrameReader {
    private static final int TEXT = 1;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    private final Consumer<String> text;
    /** What came of a frame that is not complete. */
    private Buffer rest = Buffer.buffer();

    FrameReader(Consumer<String> text) {
        this.text = text;
    }

    /** Pings and a close are passed over: nobody here stays long enough to owe a pong, and the end of the stream follows. */
    void read(Buffer bytes) {
        Buffer all = rest.length() == 0 ? bytes : rest.appendBuffer(bytes);
        int at = 0;
        while (all.length() - at >= 2) {
            int length = all.getByte(at + 1) & 0x7f;
            int head = length == LENGTH_16 ? 4 : length == LENGTH_64 ? 10 : 2;
            if (all.length() - at < head) {
                break;
            }
            if (length == LENGTH_16) {
                length = all.getUnsignedShort(at + 2);
            } else if (length == LENGTH_64) {
                length = Math.toIntExact(all.getLong(at + 2));
            }
            if (all.length() - at < head + length) {
                break;
            }
            if ((all.getByte(at) & 0x0f) == TEXT) {
                text.accept(all.getString(at + head, at + head + length));
            }
            at += head + length;
        }
        rest = all.getBuffer(at, all.length());
    }
}
