package fanfare.deploy.bench.sink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One WebSocket of a user, from its upgrade to its end. */
final class Sink {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final String SWITCHING = "HTTP/1.1 101 ";
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    /** Final, masked with zeros, empty. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x80, 0, 0, 0, 0};

    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    private final SinkLoop loop;
    private final int user;
    private final Framing framing;
    private final int port;
    private final SocketChannel channel;
    private final SelectionKey key;
    private boolean upgraded;
    private boolean welcome;
    /** What came of a head or frame that is not complete; null mostly. */
    private byte @Nullable [] rest;

    Sink(SinkLoop loop, int user, Framing framing, int port, SocketChannel channel, SelectionKey key) {
        this.loop = loop;
        this.user = user;
        this.framing = framing;
        this.port = port;
        this.channel = channel;
        this.key = key;
    }

    int user() {
        return user;
    }

    boolean isWelcome() {
        return welcome;
    }

    /** What its key is ready for. */
    void ready(ByteBuffer buffer, byte[] scratch) throws IOException {
        if (key.isConnectable()) {
            channel.finishConnect();
            key.interestOps(SelectionKey.OP_READ);
            write(framing.request(user, port));
        } else {
            read(buffer, scratch);
        }
    }

    /** Reads nothing from now on, as the browser of a machine that sleeps. */
    void deafen() {
        key.interestOps(0);
    }

    void close() throws IOException {
        channel.close();
    }

    private void read(ByteBuffer buffer, byte[] scratch) throws IOException {
        buffer.clear();
        int kept = 0;
        if (rest != null) {
            kept = rest.length;
            System.arraycopy(rest, 0, scratch, 0, kept);
            buffer.limit(scratch.length - kept);
        }
        int length = channel.read(buffer);
        if (length < 0) {
            throw new IOException("the server closed the connection");
        }
        buffer.flip().get(scratch, kept, length);
        int end = kept + length;
        int at = upgraded ? frames(scratch, 0, end) : head(scratch, end);
        rest = at == end ? null : Arrays.copyOfRange(scratch, at, end);
    }

    private int head(byte[] bytes, int end) throws IOException {
        for (int at = 0; at <= end - END_OF_HEAD.length(); at++) {
            if (Framing.startsWith(bytes, at, end, END_OF_HEAD)) {
                if (!Framing.startsWith(bytes, 0, end, SWITCHING)) {
                    throw new IOException("the server answered "
                            + new String(bytes, 0, Math.min(at, 40), StandardCharsets.ISO_8859_1));
                }
                upgraded = true;
                write(framing.hello());
                return frames(bytes, at + END_OF_HEAD.length(), end);
            }
        }
        return 0;
    }

    /** Returns where the first incomplete frame begins. */
    private int frames(byte[] bytes, int from, int end) throws IOException {
        int at = from;
        while (end - at >= 2) {
            int length = bytes[at + 1] & 0x7f;
            int body = at + 2;
            if (length == LENGTH_64) {
                throw new IOException("the server sent a frame of more than 65,535 bytes");
            }
            if (length == LENGTH_16) {
                body += 2;
                if (end < body) {
                    break;
                }
                length = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
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
            case TEXT -> text(bytes, from, to);
            case PING -> {
                loop.heartbeat();
                write(PONG);
            }
            case CLOSE ->
                throw new IOException("the server closed with "
                        + (to - from < 2 ? "no code" : (bytes[from] & 0xff) << 8 | (bytes[from + 1] & 0xff)));
            case CONTINUATION -> throw new IOException("the server sent a fragment");
            default -> {
                // A pong.
            }
        }
    }

    private void text(byte[] bytes, int from, int to) {
        if (to - from == 1 && bytes[from] == 'h') {
            loop.heartbeat();
            return;
        }
        int events = framing.events(bytes, from, to);
        if (events > 0) {
            loop.heard(events);
        } else if (!welcome && framing.isWelcome(bytes, from, to)) {
            welcome = true;
            loop.welcomed();
        }
    }

    private void write(byte[] bytes) throws IOException {
        if (channel.write(ByteBuffer.wrap(bytes)) < bytes.length) {
            throw new IOException("the server reads nothing");
        }
    }
}
