package fanfare.deploy.bench;

import io.vertx.core.buffer.Buffer;

/** Makes a client's WebSocket frames (RFC 6455, 5.2). */
final class FrameWriter {
    private static final byte FINAL_TEXT = (byte) 0x81;
    private static final int MASKED = 0x80;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_16_MAX = 0xffff;

    private FrameWriter() {}

    /** One text; masked with zeros, which leave it as it is. */
    static Buffer text(Buffer text) {
        if (text.length() > LENGTH_16_MAX) {
            throw new IllegalArgumentException("nobody here has so much to say");
        }
        Buffer frame = Buffer.buffer().appendByte(FINAL_TEXT);
        if (text.length() < LENGTH_16) {
            frame.appendByte((byte) (MASKED | text.length()));
        } else {
            frame.appendByte((byte) (MASKED | LENGTH_16)).appendUnsignedShort(text.length());
        }
        return frame.appendInt(0).appendBuffer(text);
    }
}
