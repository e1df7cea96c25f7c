package fanfare.gateway.sockjs;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** How messages stand in a WebSocket, and what all such WebSockets of one event loop share. Confined to that loop. */
final class Framing {
    /** The metric's label of its connections. */
    final String name;
    /** Whether SockJS's frames stand in the WebSocket's. */
    final boolean isSockJs;
    /** What they say first, if that is anything. Whoever writes it leaves it as it is, like what follows. */
    final ByteBuf open;
    /** What they say when there is nothing to say. */
    final ByteBuf heartbeat;

    final Batch batch;

    private Framing(String name, boolean isSockJs, ByteBuf open, ByteBuf heartbeat) {
        this.name = name;
        this.isSockJs = isSockJs;
        this.open = open;
        this.heartbeat = heartbeat;
        this.batch = new Batch(isSockJs);
    }

    /** Each message in a frame of its own. */
    static Framing raw() {
        ByteBuf ping = Unpooled.directBuffer(Frames.HEAD_BYTES_MAX);
        Frames.head(ping, Frames.PING, 0);
        return new Framing("raw-websocket", false, Unpooled.EMPTY_BUFFER, ping);
    }

    static Framing sockJs() {
        return new Framing("websocket", true, text(SockJsFrames.OPEN), text(SockJsFrames.HEARTBEAT));
    }

    /** A frame with a text. */
    static ByteBuf text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        ByteBuf frame = Unpooled.directBuffer(Frames.HEAD_BYTES_MAX + utf8.length);
        Frames.head(frame, Frames.TEXT, utf8.length);
        return frame.writeBytes(utf8);
    }
}
