package fanfare.gateway;

import fanfare.testing.RawHttp;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A browser's end of a WebSocket byte by byte, for what no browser would send. Texts stand for bytes, one a character, so
 * that they need not be UTF-8.
 */
public final class RawWebSocket implements AutoCloseable {
    public static final int TEXT = 0x1;
    public static final int CLOSE = 0x8;
    public static final int PING = 0x9;
    public static final int PONG = 0xa;
    /** Set on the last frame of a message, which is most often the only one. */
    public static final int FIN = 0x80;

    /** The code of a connection that ended without one (RFC 6455, 7.4.1). */
    static final int NO_CODE = 1006;

    private static final byte[] MASK = {0x12, 0x34, 0x56, 0x78};

    /** A frame from the server, the {@link #FIN} bit in its opcode left out. */
    public record Frame(int opcode, String payload) {}

    private final RawHttp http;

    private RawWebSocket(RawHttp http) {
        this.http = http;
    }

    /** Takes over once the server has agreed to the upgrade. */
    static RawWebSocket open(int port, String path, String... headers) {
        return open(RawHttp.to(port), path, headers);
    }

    /** The same on a connection that is there already. */
    public static RawWebSocket open(RawHttp http, String path, String... headers) {
        http.request("GET", path, "", upgrade(headers));
        RawHttp.Head head = http.head();
        if (head.status() != 101) {
            throw new AssertionError("the upgrade was answered " + head);
        }
        return new RawWebSocket(http);
    }

    /** The headers of an upgrade, after these. */
    static String[] upgrade(String... headers) {
        Stream<String> all = Stream.of(
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        return Stream.concat(Stream.of(headers), all).toArray(String[]::new);
    }

    /** A frame as a browser would write it, masked and with the shortest length; {@code first} is its first byte. */
    public static byte[] frame(int first, String payload) {
        int length = payload.length();
        ByteArrayOutputStream frame = new ByteArrayOutputStream(length + 14);
        frame.write(first);
        if (length < 126) {
            frame.write(0x80 | length);
        } else if (length < 1 << 16) {
            frame.write(0x80 | 126);
            frame.write(length >> 8);
            frame.write(length);
        } else {
            frame.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) length >> shift));
            }
        }
        frame.writeBytes(MASK);
        for (int i = 0; i < length; i++) {
            frame.write(payload.charAt(i) ^ MASK[i % MASK.length]);
        }
        return frame.toByteArray();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public RawWebSocket send(byte[] bytes) {
        http.send(bytes);
        return this;
    }

    /** The next frame; null once the connection has ended. */
    public @Nullable Frame next() {
        int first = http.next();
        int length = http.next();
        if (first < 0 || length < 0) {
            return null;
        }
        int more = length == 127 ? 8 : length == 126 ? 2 : 0;
        if (more > 0) {
            length = 0;
            for (int i = 0; i < more; i++) {
                length = length << 8 | http.next();
            }
        }
        StringBuilder payload = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            int b = http.next();
            if (b < 0) {
                return null;
            }
            payload.append((char) b);
        }
        return new Frame(first & ~FIN, payload.toString());
    }

    /** Reads on up to a frame whose payload contains this. */
    public Frame next(String part) {
        for (Frame frame = next(); frame != null; frame = next()) {
            if (frame.payload().contains(part)) {
                return frame;
            }
        }
        throw new AssertionError("the connection ended before a frame with " + part);
    }

    /** Reads on until the connection has ended, answering a close; the code in the close frame, or {@link #NO_CODE}. */
    public int end() {
        int code = NO_CODE;
        for (Frame frame = next(); frame != null; frame = next()) {
            if (frame.opcode() == CLOSE && frame.payload().length() >= 2) {
                code = frame.payload().charAt(0) << 8 | frame.payload().charAt(1);
                answerClose(frame.payload());
            }
        }
        return code;
    }

    private void answerClose(String payload) {
        try {
            send(frame(FIN | CLOSE, payload));
        } catch (UncheckedIOException e) {
            // The server did not wait for it.
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
