package fanfare.gateway.sockjs;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** WebSocket frames as a server writes them (RFC 6455, 5.2): whole messages, without a mask. */
final class Frames {
    static final int CONTINUATION = 0x0;
    static final int TEXT = 0x1;
    static final int BINARY = 0x2;
    static final int CLOSE = 0x8;
    static final int PING = 0x9;
    static final int PONG = 0xa;

    /** What a close, ping or pong may carry. */
    static final int CONTROL_BYTES_MAX = 125;
    /** Most that stands before a payload. */
    static final int HEAD_BYTES_MAX = 10;

    static final int NORMAL = 1000;

    /** Stands for the code of a close that has none (RFC 6455, 7.4.1). */
    static final int NO_CODE = 1005;

    private static final int FIN = 0x80;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;

    private Frames() {}

    /** Appends what stands before a payload of so many bytes. */
    static void head(ByteBuf out, int opcode, int length) {
        out.writeByte(FIN | opcode);
        if (length <= CONTROL_BYTES_MAX) {
            out.writeByte(length);
        } else if (length < 1 << Short.SIZE) {
            out.writeByte(TWO_BYTES).writeShort(length);
        } else {
            out.writeByte(EIGHT_BYTES).writeLong(length);
        }
    }

    /** Appends a close frame; the reason has at most 123 bytes. */
    static void close(ByteBuf out, int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        head(out, CLOSE, Short.BYTES + text.length);
        out.writeShort(code).writeBytes(text);
    }

    /** Whether a close frame may carry the code (RFC 6455, 7.4; the others mean that there was none, or nothing). */
    static boolean mayBeSent(int code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || code >= 3000;
    }
}
