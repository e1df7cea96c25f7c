package fanfare.deploy.bench.audience;

import fanfare.deploy.bench.socket.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a user, from its upgrade to its end. Reads as little of a message as a benchmark needs to know. */
final class Seat extends ChannelInboundHandlerAdapter implements Wire.Listener {
    private static final String DATA = "\"data\":";
    private static final String POSITION = "\"position\":\"";
    private static final String RESUME = "\"resume\":\"";
    private static final String WELCOME = "\"type\":\"welcome\"";
    private static final String RECOVERED = "\"recovered\":true";

    private final Guest guest;
    private final Audience audience;
    private final byte[] request;
    private final Wire wire = new Wire(this);
    private final Promise<Boolean> welcome = Promise.promise();
    /** From the first moment on. */
    private @Nullable ChannelHandlerContext context;

    Seat(Guest guest, Audience audience, byte[] request) {
        this.guest = guest;
        this.audience = audience;
        this.request = request;
    }

    /** Tells, once the welcome is there, whether it said {@code recovered: true}. */
    Future<Boolean> welcome() {
        return welcome.future();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        write(request);
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        if (welcome.future().succeeded()) {
            audience.left(guest, inactive.channel());
        } else {
            welcome.tryFail("the gateway closed the connection of " + guest.name());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
        welcome.tryFail(cause);
        var unused = failed.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) throws IOException {
        ByteBuf bytes = (ByteBuf) message;
        int length = bytes.readableBytes();
        byte[] scratch = audience.scratch(length);
        bytes.readBytes(scratch, 0, length).release();
        wire.read(scratch, length);
    }

    @Override
    public void upgraded() {}

    @Override
    public void ping() {
        write(Wire.pong());
    }

    @Override
    public void text(byte[] text, int from, int to) {
        int data = Wire.find(text, from, to, DATA);
        if (data >= 0 && to >= data + DATA.length() + Note.LENGTH) {
            guest.position(quoted(text, from, to, POSITION));
            audience.heard(guest, text, data + DATA.length());
            return;
        }
        String token = quoted(text, from, to, RESUME);
        if (token != null) {
            guest.token(token);
        }
        if (Wire.find(text, from, to, WELCOME) >= 0) {
            welcome.tryComplete(Wire.find(text, from, to, RECOVERED) >= 0);
        } else if (token == null) {
            audience.trouble(guest, new String(text, from, to - from, StandardCharsets.UTF_8));
        }
    }

    private void write(byte[] bytes) {
        ChannelHandlerContext current = context;
        if (current != null) {
            var unused = current.writeAndFlush(Unpooled.wrappedBuffer(bytes), current.voidPromise());
        }
    }

    /** What stands in quotes behind these bytes; null if they are nowhere. */
    private static @Nullable String quoted(byte[] text, int from, int to, String name) {
        int at = Wire.find(text, from, to, name);
        if (at < 0) {
            return null;
        }
        int begin = at + name.length();
        int end = begin;
        while (end < to && text[end] != '"') {
            end++;
        }
        return new String(text, begin, end - begin, StandardCharsets.US_ASCII);
    }
}
