package fanfare.gateway.sockjs;

import fanfare.gateway.session.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes apart the frames that one browser sends (RFC 6455, 5.2). It is kept only while something has come in part: a
 * connection on which nothing comes needs none. Confined to its event loop.
 */
final class FrameReader {
    /** What comes of the frames. */
    interface Listener {
        void text(String message);

        void ping(byte[] payload);

        /** The browser ends the connection; {@link Frames#NO_CODE} if it does not say why. */
        void closed(int code);

        /** What the browser sends is no message for us, though it is a WebSocket's. Its answer to a close is read still. */
        void refused(String why);

        /** What the browser sends is no WebSocket's; nothing more is read. */
        void broken(int code, String why);
    }

    private static final int FIN = 0x80;
    private static final int RESERVED = 0x70;
    private static final int OPCODE = 0x0f;
    private static final int MASKED = 0x80;
    private static final int LENGTH = 0x7f;
    /** Lengths that say how many bytes the length itself has. */
    private static final int TWO_BYTES = 126;

    private static final int EIGHT_BYTES = 127;
    private static final int MASK_BYTES = 4;

    private static final int PROTOCOL_ERROR = 1002;
    private static final int NOT_UTF_8 = 1007;

    private final int bytesMax;
    private final Listener listener;
    /** A frame that has not come completely; null between two frames. */
    private @Nullable ByteBuf partial;
    /** What has come of a message whose last frame has not; null between two messages. */
    private @Nullable ByteArrayOutputStream begun;
    /** What was sent is no message for us: only control frames count any more. */
    private boolean refused;
    /** Nothing that comes counts any more. */
    private boolean over;

    /** @param bytesMax what a message may have, and what a frame may have [bytes] */
    FrameReader(int bytesMax, Listener listener) {
        this.bytesMax = bytesMax;
        this.listener = listener;
    }

    /** Whether nothing is left that the next bytes go on with. */
    boolean isIdle() {
        return partial == null && begun == null && !over;
    }

    /** What is kept until the next bytes come. */
    int bytesKept() {
        return (partial == null ? 0 : partial.capacity()) + (begun == null ? 0 : begun.size());
    }

    /** Forgets what has come in part; nothing more is read. */
    void giveUp() {
        over = true;
        partial = null;
        begun = null;
    }

    /** Reads what has come; the buffer stays the caller's. */
    void read(ByteBuf arrived) {
        ByteBuf bytes = partial == null ? arrived : partial.writeBytes(arrived);
        while (!over && readFrame(bytes)) {
            // One after the other.
        }
        if (over || !bytes.isReadable()) {
            partial = null;
        } else if (partial != null) {
            partial.discardReadBytes();
        } else {
            partial = Unpooled.buffer(bytes.readableBytes()).writeBytes(bytes);
        }
    }

    /** Reads one frame; false if it has not come completely, or is the last. */
    private boolean readFrame(ByteBuf bytes) {
        int available = bytes.readableBytes();
        if (available < 2) {
            return false;
        }
        int start = bytes.readerIndex();
        int first = bytes.getUnsignedByte(start);
        int second = bytes.getUnsignedByte(start + 1);
        boolean isLast = (first & FIN) != 0;
        int opcode = first & OPCODE;
        String wrong = whatIsWrong(first, second);
        if (wrong != null) {
            broken(PROTOCOL_ERROR, wrong);
            return false;
        }
        long length = second & LENGTH;
        int lengthBytes = length == TWO_BYTES ? Short.BYTES : length == EIGHT_BYTES ? Long.BYTES : 0;
        int headBytes = 2 + lengthBytes + MASK_BYTES;
        if (available < headBytes) {
            return false;
        }
        if (lengthBytes > 0) {
            length = lengthBytes == Short.BYTES ? bytes.getUnsignedShort(start + 2) : bytes.getLong(start + 2);
            if (length < (lengthBytes == Short.BYTES ? TWO_BYTES : 1 << Short.SIZE)) {
                broken(PROTOCOL_ERROR, "a length in more bytes than it needs");
                return false;
            }
            if (length > bytesMax) {
                broken(CloseReason.BAD_MESSAGE.code(), "a frame of more than " + bytesMax + " bytes");
                return false;
            }
        }
        if (available - headBytes < length) {
            return false;
        }
        byte[] payload = new byte[(int) length];
        bytes.skipBytes(headBytes).readBytes(payload);
        unmask(payload, bytes.getInt(start + headBytes - MASK_BYTES));
        take(opcode, isLast, payload);
        return true;
    }

    private @Nullable String whatIsWrong(int first, int second) {
        int opcode = first & OPCODE;
        if ((first & RESERVED) != 0) {
            return "a reserved bit";
        }
        if ((second & MASKED) == 0) {
            return "a frame without a mask";
        }
        return switch (opcode) {
            case Frames.CONTINUATION -> begun == null && !refused ? "a continuation of nothing" : null;
            case Frames.TEXT, Frames.BINARY -> begun == null ? null : "a message within another";
            case Frames.CLOSE, Frames.PING, Frames.PONG ->
                (first & FIN) == 0 || (second & LENGTH) > Frames.CONTROL_BYTES_MAX
                        ? "a control frame that is long or in parts"
                        : null;
            default -> "a reserved opcode";
        };
    }

    private static void unmask(byte[] payload, int mask) {
        byte[] key = {(byte) (mask >> 24), (byte) (mask >> 16), (byte) (mask >> 8), (byte) mask};
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= key[i & 3];
        }
    }

    private void take(int opcode, boolean isLast, byte[] payload) {
        switch (opcode) {
            case Frames.TEXT, Frames.CONTINUATION -> takeText(isLast, payload);
            case Frames.BINARY -> refuse("binary message");
            case Frames.PING -> listener.ping(payload);
            case Frames.CLOSE -> takeClose(payload);
            default -> {}
        }
    }

    private void takeText(boolean isLast, byte[] payload) {
        if (refused) {
            return;
        }
        ByteArrayOutputStream former = begun;
        if ((former == null ? 0 : former.size()) + payload.length > bytesMax) {
            refuse("more than " + bytesMax + " bytes");
            return;
        }
        byte[] utf8 = payload;
        if (former != null || !isLast) {
            ByteArrayOutputStream all = former == null ? new ByteArrayOutputStream(payload.length) : former;
            all.writeBytes(payload);
            begun = isLast ? null : all;
            utf8 = isLast ? all.toByteArray() : utf8;
        }
        if (isLast) {
            String text = decoded(utf8, 0);
            if (text == null) {
                refuse("not UTF-8");
            } else {
                listener.text(text);
            }
        }
    }

    private void takeClose(byte[] payload) {
        over = true;
        if (payload.length == 0) {
            listener.closed(Frames.NO_CODE);
            return;
        }
        int code = payload.length == 1 ? 0 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
        if (!Frames.mayBeSent(code)) {
            broken(PROTOCOL_ERROR, "a close without a code that may be sent");
        } else if (decoded(payload, 2) == null) {
            broken(NOT_UTF_8, "a reason that is not UTF-8");
        } else {
            listener.closed(code);
        }
    }

    /** What belongs to it is still to come, perhaps, and passed over. */
    private void refuse(String why) {
        begun = null;
        if (!refused) {
            refused = true;
            listener.refused(why);
        }
    }

    private void broken(int code, String why) {
        over = true;
        listener.broken(code, why);
    }

    /** The text from there on; null if it is no UTF-8. */
    private static @Nullable String decoded(byte[] utf8, int from) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8, from, utf8.length - from))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
