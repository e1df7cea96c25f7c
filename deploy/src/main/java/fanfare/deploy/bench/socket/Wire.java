package fanfare.deploy.bench.socket;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A client's side of one WebSocket (RFC 6455) with as little to it as a benchmark needs. It is given the bytes that came, and
 * says what they mean; whoever owns the connection reads and writes.
 */
public final class Wire {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final String SWITCHING = "HTTP/1.1 101 ";
    private static final int STATUS_LINE_SHOWN = 40;

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final byte FINAL_TEXT = (byte) 0x81;
    private static final byte FINAL_PONG = (byte) 0x8a;
    private static final int MASKED = 0x80;
    private static final int MASK_BYTES = 4;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;
    private static final int LENGTH_16_MAX = 0xffff;

    private final Listener listener;
    private boolean upgraded;
    /** What came of a head or frame that is not complete; null mostly. */
    private byte @Nullable [] rest;

    /** Told what came. What it throws, {@link #read} throws. */
    public interface Listener {
        /** The server has switched protocols. */
        void upgraded() throws IOException;

        /** A message; its bytes are lent until this returns. */
        void text(byte[] bytes, int from, int to) throws IOException;

        void ping() throws IOException;
    }

    public Wire(Listener listener) {
        this.listener = listener;
    }

    /** The upgrade of a user who has this cookie. */
    public static byte[] request(String path, int port, String cookie) {
        return ascii("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                + "\r\nSec-WebSocket-Key: ZmFuZmFyZSBiZW5jaCAxNg==\r\nCookie: " + cookie + "\r\n\r\n");
    }

    /** A message as a frame, masked with zeros, which leave it as it is. */
    public static byte[] text(byte[] text) {
        return frame(FINAL_TEXT, text);
    }

    /** The answer to a ping. */
    public static byte[] pong() {
        return frame(FINAL_PONG, new byte[0]);
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Where this ASCII text begins between two offsets of bytes; -1 if nowhere. */
    public static int find(byte[] bytes, int from, int to, String wanted) {
        for (int at = from; at <= to - wanted.length(); at++) {
            if (startsWith(bytes, at, to, wanted)) {
                return at;
            }
        }
        return -1;
    }

    /** Whether this ASCII text stands at an offset of bytes, all of it before a second one. */
    public static boolean startsWith(byte[] bytes, int from, int to, String wanted) {
        if (to - from < wanted.length()) {
            return false;
        }
        for (int i = 0; i < wanted.length(); i++) {
            if (bytes[from + i] != wanted.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes the next bytes, which may end anywhere.
     *
     * @throws IOException if the server refuses the upgrade, says good-bye or sends what it should not; this is the end
     */
    public void read(byte[] bytes, int length) throws IOException {
        byte[] all = bytes;
        int end = length;
        if (rest != null) {
            end += rest.length;
            all = Arrays.copyOf(rest, end);
            System.arraycopy(bytes, 0, all, rest.length, length);
        }
        int at = upgraded ? frames(all, 0, end) : head(all, end);
        rest = at == end ? null : Arrays.copyOfRange(all, at, end);
    }

    private int head(byte[] bytes, int end) throws IOException {
        int at = find(bytes, 0, end, END_OF_HEAD);
        if (at < 0) {
            return 0;
        }
        if (!startsWith(bytes, 0, end, SWITCHING)) {
            throw new IOException("the server answered "
                    + new String(bytes, 0, Math.min(at, STATUS_LINE_SHOWN), StandardCharsets.ISO_8859_1)
                            .lines()
                            .findFirst()
                            .orElse(""));
        }
        upgraded = true;
        listener.upgraded();
        return frames(bytes, at + END_OF_HEAD.length(), end);
    }

    /** Returns where the first incomplete frame begins (RFC 6455, 5.2). */
    private int frames(byte[] bytes, int from, int end) throws IOException {
        int at = from;
        while (end - at >= 2) {
            int length = bytes[at + 1] & 0x7f;
            int lengthBytes = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
            int body = at + 2 + lengthBytes;
            if (end < body) {
                break;
            }
            if (lengthBytes > 0) {
                length = Math.toIntExact(number(bytes, at + 2, body));
            }
            if (end - body < length) {
                break;
            }
            frame(bytes[at] & 0x0f, bytes, body, body + length);
            at = body + length;
        }
        return at;
    }

    private void frame(int opcode, byte[] bytes, int from, int to) throws IOException {
        switch (opcode) {
            case TEXT -> listener.text(bytes, from, to);
            case PING -> listener.ping();
            case CLOSE ->
                throw new IOException(
                        "the server closed with " + (to - from < 2 ? "no code" : number(bytes, from, from + 2)));
            case CONTINUATION -> throw new IOException("the server sent a fragment");
            default -> {
                // A pong.
            }
        }
    }

    private static long number(byte[] bytes, int from, int to) {
        long number = 0;
        for (int at = from; at < to; at++) {
            number = number << 8 | (bytes[at] & 0xff);
        }
        return number;
    }

    private static byte[] frame(byte first, byte[] body) {
        int lengthBytes = body.length < LENGTH_16 ? 0 : 2;
        if (body.length > LENGTH_16_MAX) {
            throw new IllegalArgumentException("nobody here has so much to say");
        }
        byte[] frame = new byte[2 + lengthBytes + MASK_BYTES + body.length];
        frame[0] = first;
        if (lengthBytes == 0) {
            frame[1] = (byte) (MASKED | body.length);
        } else {
            frame[1] = (byte) (MASKED | LENGTH_16);
            frame[2] = (byte) (body.length >> 8);
            frame[3] = (byte) body.length;
        }
        System.arraycopy(body, 0, frame, frame.length - body.length, body.length);
        return frame;
    }
}
