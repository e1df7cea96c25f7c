package fanfare.deploy.bench.audience;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a user, from its upgrade to its end. Reads as little of a message as a benchmark needs to know. */
final class Seat extends ChannelInboundHandlerAdapter {
    private static final byte[] END_OF_HEAD = Note.ascii("\r\n\r\n");
    private static final byte[] SWITCHING = Note.ascii("HTTP/1.1 101 ");
    private static final byte[] DATA = Note.ascii("\"data\":");
    private static final byte[] POSITION = Note.ascii("\"position\":\"");
    private static final byte[] RESUME = Note.ascii("\"resume\":\"");
    private static final byte[] WELCOME = Note.ascii("\"type\":\"welcome\"");
    private static final byte[] RECOVERED = Note.ascii("\"recovered\":true");
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    /** Final, masked with zeros, empty. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x80, 0, 0, 0, 0};

    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    private final Guest guest;
    private final Audience audience;
    private final String request;
    private final Promise<Boolean> welcome = Promise.promise();
    private boolean upgraded;
    /** What came of a head or frame that is not complete; empty mostly. */
    private ByteBuf rest = Unpooled.EMPTY_BUFFER;

    Seat(Guest guest, Audience audience, String request) {
        this.guest = guest;
        this.audience = audience;
        this.request = request;
    }

    /** Tells, once the welcome is there, whether it said {@code recovered: true}. */
    Future<Boolean> welcome() {
        return welcome.future();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        write(context, Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        rest.release();
        rest = Unpooled.EMPTY_BUFFER;
        if (welcome.future().succeeded()) {
            audience.left(guest, context.channel());
        } else {
            welcome.tryFail("the gateway closed the connection of " + guest.name());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        welcome.tryFail(cause);
        end(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (rest.isReadable()) {
            ByteBuf joined = Unpooled.buffer(rest.readableBytes() + bytes.readableBytes());
            joined.writeBytes(rest).writeBytes(bytes);
            bytes.release();
            bytes = joined;
        }
        try {
            if (!upgraded) {
                upgraded = readHead(context, bytes);
            }
            while (upgraded && readFrame(context, bytes)) {
                // There may be another one.
            }
            rest = bytes.isReadable() ? Unpooled.copiedBuffer(bytes) : Unpooled.EMPTY_BUFFER;
        } finally {
            bytes.release();
        }
    }

    private static void write(ChannelHandlerContext context, ByteBuf bytes) {
        var unused = context.writeAndFlush(bytes, context.voidPromise());
    }

    private static void end(ChannelHandlerContext context) {
        var unused = context.close();
    }

    private boolean readHead(ChannelHandlerContext context, ByteBuf bytes) {
        byte[] scratch = audience.scratch(bytes.readableBytes());
        int length = bytes.readableBytes();
        bytes.getBytes(bytes.readerIndex(), scratch, 0, length);
        int end = Note.find(scratch, 0, length, END_OF_HEAD);
        if (end < 0) {
            return false;
        }
        if (Note.find(scratch, 0, SWITCHING.length, SWITCHING) != 0) {
            welcome.tryFail("the gateway answered "
                    + new String(scratch, 0, end, StandardCharsets.US_ASCII)
                            .lines()
                            .findFirst()
                            .orElse(""));
            end(context);
        }
        bytes.skipBytes(end + END_OF_HEAD.length);
        return true;
    }

    /** Takes one frame off the bytes (RFC 6455, 5.2), none of which is fragmented; false if it is not all there. */
    private boolean readFrame(ChannelHandlerContext context, ByteBuf bytes) {
        int at = bytes.readerIndex();
        int there = bytes.readableBytes();
        if (there < 2) {
            return false;
        }
        int length = bytes.getByte(at + 1) & 0x7f;
        int head = length == LENGTH_16 ? 4 : length == LENGTH_64 ? 10 : 2;
        if (there < head) {
            return false;
        }
        if (length == LENGTH_16) {
            length = bytes.getUnsignedShort(at + 2);
        } else if (length == LENGTH_64) {
            length = Math.toIntExact(bytes.getLong(at + 2));
        }
        if (there < head + length) {
            return false;
        }
        bytes.skipBytes(head + length);
        switch (bytes.getByte(at) & 0x0f) {
            case TEXT -> {
                byte[] scratch = audience.scratch(length);
                bytes.getBytes(at + head, scratch, 0, length);
                hear(scratch, length);
            }
            case PING -> write(context, Unpooled.wrappedBuffer(PONG));
            case CLOSE -> end(context);
            default -> {
                // Nobody sends these.
            }
        }
        return true;
    }

    private void hear(byte[] text, int length) {
        int data = Note.find(text, 0, length, DATA);
        if (data >= 0 && length >= data + DATA.length + Note.LENGTH) {
            guest.position(quoted(text, length, POSITION));
            audience.heard(guest, text, data + DATA.length);
            return;
        }
        String token = quoted(text, length, RESUME);
        if (token != null) {
            guest.token(token);
        }
        if (Note.find(text, 0, length, WELCOME) >= 0) {
            welcome.tryComplete(Note.find(text, 0, length, RECOVERED) >= 0);
        } else if (token == null) {
            audience.trouble(guest, new String(text, 0, length, StandardCharsets.UTF_8));
        }
    }

    /** What stands in quotes behind these bytes; null if they are nowhere. */
    private static @Nullable String quoted(byte[] text, int length, byte[] name) {
        int from = Note.find(text, 0, length, name);
        if (from < 0) {
            return null;
        }
        int to = from + name.length;
        while (to < length && text[to] != '"') {
            to++;
        }
        return new String(text, from + name.length, to - from - name.length, StandardCharsets.US_ASCII);
    }
}
