package fanfare.deploy.bench.sink;

import fanfare.deploy.bench.socket.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** One WebSocket of a user, from its upgrade to its end. */
final class Sink implements Wire.Listener {
    private final SinkLoop loop;
    private final int user;
    private final Framing framing;
    private final int port;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Wire wire = new Wire(this);
    private boolean welcome;

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
        int length = channel.read(buffer);
        if (length < 0) {
            throw new IOException("the server closed the connection");
        }
        buffer.flip().get(scratch, 0, length);
        wire.read(scratch, length);
    }

    @Override
    public void upgraded() throws IOException {
        write(framing.hello());
    }

    @Override
    public void ping() throws IOException {
        loop.heartbeat();
        write(Wire.pong());
    }

    @Override
    public void text(byte[] bytes, int from, int to) {
        if (to - from == 1 && bytes[from] == 'h') {
            loop.heartbeat();
            return;
        }
        int events = framing.events(bytes, from, to);
        if (events > 0) {
            loop.heard(events);
        }
        // One frame may have both: what is published as a browser comes is said with its welcome.
        if (!welcome && framing.isWelcome(bytes, from, to)) {
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
