package fanfare.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Ends a connection whose peer does not read. {@link HttpConnection#close} would wait for what is still to be written,
 * that is for ever; Netty drops it. This is the one place that knows Vert.x's own connection class.
 */
public final class Reset {
    private Reset() {}

    /** Ends a connection and drops whatever waits to be written to it; may be called on any thread. */
    public static void connection(HttpConnection connection) {
        channel(((ConnectionBase) connection).channelHandlerContext().channel());
    }

    /** The same for what no longer is Vert.x's. */
    public static void channel(Channel channel) {
        // From the pipeline's head: further back Vert.x or TLS hears of it, and waits for its own good-bye to be read.
        ChannelHandlerContext head = channel.pipeline().firstContext();
        if (head != null) {
            var unused = head.close();
        }
    }
}
