package fanfare.gateway.sockjs;

import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.http.Reset;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket, with SockJS's frames in it or without: the last handler of its channel, which has no other but TLS. Confined
 * to its event loop.
 *
 * <p>Of a connection on which nothing comes or goes nothing is kept but this. What goes out is encoded for all at once, see
 * {@link Batch}, and handed to the kernel as it is where that is possible; what the kernel does not take is copied and waits
 * in the channel. Until it has left, nothing more is taken from the session, whose queue has a budget.
 */
final class WebSocketTransport extends ChannelInboundHandlerAdapter implements Transport, FrameReader.Listener {
    /** Pings that may come at once, each of which costs a write, or while a peer that pings does not read. */
    private static final int PINGS_MAX = 100;

    private final Framing framing;
    private final Channel channel;
    /** Of the browser, where what has come in part is counted. */
    private final String address;

    private final AddressLimits limits;
    /** Null until it is served. */
    private @Nullable Session session;
    /** What has come in part; null for nothing, as nearly always. */
    private @Nullable FrameReader reader;
    /** Pings of what has come last, and before it since something could be written. */
    private int pings;
    /** Writes that the kernel did not take at once, and that wait in the channel. */
    private int waiting;
    /** A close frame has been sent; nothing may follow it. */
    private boolean closing;
    /** The handshake's answer may wait for what is sent first. */
    private boolean corked;
    /** Where bytes may go to the kernel past the pipeline; null if somebody else there is interested in them. */
    private @Nullable Socket socket;

    WebSocketTransport(Framing framing, Channel channel, String address, AddressLimits limits) {
        this.framing = framing;
        this.channel = channel;
        this.address = address;
        this.limits = limits;
    }

    /**
     * Starts to hand over what the browser sends.
     *
     * @param answerWaits whether the handshake's answer waits for what is sent first
     */
    void serve(Session opened, boolean answerWaits) {
        session = opened;
        corked = answerWaits;
        socket = channel instanceof EpollSocketChannel epoll
                        && channel.pipeline().firstContext() == null
                ? (Socket) epoll.fd()
                : null;
        channel.pipeline().addLast(this);
        if (framing.isSockJs) {
            send(framing.open, null);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object arrived) {
        try {
            // Anything else is what Vert.x still makes of the end of the request.
            if (arrived instanceof ByteBuf bytes) {
                read(bytes);
            }
        } catch (RuntimeException bug) {
            if (session != null) {
                session.failed(bug);
            }
            // Before what else has come is read.
            reset();
        } finally {
            ReferenceCountUtil.release(arrived);
        }
    }

    private void read(ByteBuf bytes) {
        FrameReader current = reader == null ? new FrameReader(SockJsRouter.WEBSOCKET_BYTES_MAX, this) : reader;
        int kept = current.bytesKept();
        if (waiting == 0) {
            pings = 0;
        }
        current.read(bytes);
        reader = current.isIdle() ? null : current;
        int more = current.bytesKept() - kept;
        if (more < 0) {
            limits.releaseBody(address, -more);
        } else if (more > 0 && !limits.reserveBody(address, more)) {
            limits.releaseBody(address, kept);
            current.giveUp();
            broken(CloseReason.OVERLOADED.code(), "too much that has come in part from your address");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (reader != null) {
            limits.releaseBody(address, reader.bytesKept());
            reader.giveUp();
        }
        if (session != null) {
            session.ended(CloseReason.ABNORMAL);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        // A broken connection; its end is what counts.
        end();
    }

    @Override
    public void text(String message) {
        if (session == null || (framing.isSockJs && message.isEmpty())) {
            return;
        }
        if (!framing.isSockJs) {
            session.receive(message);
            return;
        }
        List<String> messages = SockJsFrames.messages(message);
        if (messages == null) {
            session.close(CloseReason.BAD_MESSAGE.because("broken JSON encoding"));
        } else {
            messages.forEach(session::receive);
        }
    }

    @Override
    public void ping(byte[] payload) {
        if (closing || session == null) {
            return;
        }
        if (++pings > PINGS_MAX) {
            if (waiting == 0) {
                broken(CloseReason.BAD_MESSAGE.code(), "more than " + PINGS_MAX + " pings at once");
            } else {
                session.ended(CloseReason.SLOW_CONSUMER.code());
                reset();
            }
            return;
        }
        ByteBuf pong = channel.alloc().directBuffer(Frames.HEAD_BYTES_MAX + payload.length);
        Frames.head(pong, Frames.PONG, payload.length);
        sendAndRelease(pong.writeBytes(payload));
    }

    @Override
    public void closed(int code) {
        if (session != null && !closing) {
            session.ended(code);
            sendClose(code == Frames.NO_CODE ? Frames.NORMAL : code, "");
        }
        end();
    }

    @Override
    public void refused(String why) {
        if (session != null) {
            session.close(CloseReason.BAD_MESSAGE.because(why));
        }
    }

    @Override
    public void broken(int code, String why) {
        if (session != null) {
            session.close(new CloseReason(code, why));
        }
        end();
    }

    @Override
    public String name() {
        return framing.name;
    }

    @Override
    public int write(SendQueue queue) {
        Batch batch = framing.batch;
        int taken = 0;
        while (taken < queue.count() && takesMore()) {
            batch.encode(queue, taken);
            taken = batch.end();
            send(batch.bytes(), batch.asked());
        }
        return taken;
    }

    @Override
    public boolean takesMore() {
        return waiting == 0 && !closing && (socket == null ? channel.isActive() : socket.isOpen());
    }

    /**
     * Writes bytes that others write as well, and so leaves them as they are.
     *
     * @param asked what of them has a receipt; null for nothing
     */
    private void send(ByteBuf bytes, @Nullable List<Message> asked) {
        put(bytes, asked);
        if (corked) {
            corked = false;
            Upgrade.uncork(channel);
        }
    }

    private void put(ByteBuf bytes, @Nullable List<Message> asked) {
        int length = bytes.readableBytes();
        // What waits comes first. A socket that is closed may have another one's number.
        int sent = socket != null && waiting == 0 && socket.isOpen() ? sendNow(socket, bytes, length) : 0;
        if (sent == length) {
            left(asked, true);
            return;
        }
        ByteBuf rest = channel.alloc().directBuffer(length - sent).writeBytes(bytes, sent, length - sent);
        ChannelFuture write = channel.writeAndFlush(rest);
        if (write.isSuccess()) {
            left(asked, true);
            return;
        }
        waiting++;
        var unused = write.addListener(done -> {
            waiting--;
            left(asked, done.isSuccess());
            if (done.isSuccess() && waiting == 0 && session != null) {
                session.flush();
            }
        });
    }

    /** Hands the kernel what it takes; how much that was. */
    private int sendNow(Socket open, ByteBuf bytes, int length) {
        int begin = bytes.readerIndex();
        try {
            if (bytes.hasMemoryAddress()) {
                return open.sendAddress(bytes.memoryAddress(), begin, begin + length);
            }
            ByteBuffer memory = bytes.internalNioBuffer(begin, length);
            return open.send(memory, memory.position(), memory.limit());
        } catch (IOException broken) {
            end();
            return 0;
        }
    }

    private void sendAndRelease(ByteBuf bytes) {
        send(bytes, null);
        bytes.release();
    }

    private void left(@Nullable List<Message> asked, boolean written) {
        if (asked != null && session != null) {
            session.left(asked, written);
        }
    }

    @Override
    public void heartbeat() {
        if (takesMore()) {
            send(framing.heartbeat, null);
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (!closing && framing.isSockJs) {
            sendAndRelease(Framing.text(SockJsFrames.close(reason)));
        }
        sendClose(reason.code(), reason.text());
    }

    private void sendClose(int code, String reason) {
        if (!closing) {
            closing = true;
            ByteBuf close = channel.alloc().directBuffer(Frames.HEAD_BYTES_MAX + Frames.CONTROL_BYTES_MAX);
            Frames.close(close, code, reason);
            sendAndRelease(close);
        }
    }

    /** Ends the connection; what has not left by now never will. */
    private void end() {
        var unused = channel.close();
    }

    @Override
    public void reset() {
        Reset.channel(channel);
    }
}
