package fanfare.gateway.sockjs;

import fanfare.http.ConnectionGuard;
import fanfare.http.Problem;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers a WebSocket handshake (RFC 6455, 4.2) and takes the connection out of Vert.x's hands: of its pipeline only TLS
 * stays, and nothing of the request. Vert.x goes on knowing the channel, which it closes when the server is closed. This
 * is the one place that knows how Vert.x builds a pipeline; it fails with a line that says so when another version builds
 * it in another way.
 */
final class Upgrade {
    private static final System.Logger LOG = System.getLogger(Upgrade.class.getName());

    private static final String VERSION = "13";
    private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final RoutingContext context;
    private final String key;

    private Upgrade(RoutingContext context, String key) {
        this.context = context;
        this.key = key;
    }

    /** The handshake in a request; null after it was answered, being none that we understand. */
    static @Nullable Upgrade of(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))) {
            refuse(context, "Can \"Upgrade\" only to \"WebSocket\".");
            return null;
        }
        String connection = request.getHeader(HttpHeaders.CONNECTION);
        if (connection == null || !connection.toLowerCase(Locale.ROOT).contains("upgrade")) {
            refuse(context, "\"Connection\" must be \"Upgrade\".");
            return null;
        }
        if (!VERSION.equals(request.getHeader("Sec-WebSocket-Version"))) {
            context.response()
                    .setStatusCode(426)
                    .putHeader("Sec-WebSocket-Version", VERSION)
                    .end();
            return null;
        }
        String key = request.getHeader("Sec-WebSocket-Key");
        if (request.version() != HttpVersion.HTTP_1_1 || key == null || announcesBody(request)) {
            throw Problem.INVALID.because("not a WebSocket handshake (RFC 6455, 4.2.1)");
        }
        return new Upgrade(context, key);
    }

    private static void refuse(RoutingContext context, String why) {
        context.response()
                .setStatusCode(400)
                .putHeader(HttpHeaders.CONTENT_TYPE, SockJsRouter.TEXT)
                .end(why);
    }

    private static boolean announcesBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || (length != null && !length.equals("0"));
    }

    /**
     * Accepts; the channel then waits for a handler. Fails if the connection has ended meanwhile.
     *
     * @param more whether something is said right afterwards without being asked: the answer waits for it until
     *     {@link #uncork}, so that both leave in one packet, but no longer than the kernel's 200 ms (tcp(7), TCP_CORK)
     */
    Future<Channel> accept(boolean more) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return Future.failedFuture("the connection has ended");
        }
        response.putHeader(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET)
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE)
                .putHeader("Sec-WebSocket-Accept", answer(key));
        ConnectionGuard.release(context);
        if (more && context.request().connection() instanceof HttpServerConnection connection) {
            cork(connection.channelHandlerContext().channel(), true);
        }
        return context.request().toNetSocket().map(Upgrade::strip);
    }

    /** Has what was held back leave, with what was written since. */
    static void uncork(Channel channel) {
        cork(channel, false);
    }

    private static void cork(Channel channel, boolean on) {
        if (channel instanceof EpollSocketChannel epoll && epoll.isOpen()) {
            epoll.config().setTcpCork(on);
        }
    }

    private static Channel strip(NetSocket socket) {
        if (!(socket instanceof NetSocketInternal vertx)) {
            throw new IllegalStateException(
                    "Vert.x upgrades to a " + socket.getClass() + " of which nothing is known here");
        }
        ChannelHandlerContext last = vertx.channelHandlerContext();
        ChannelPipeline pipeline = last.pipeline();
        for (Map.Entry<String, ChannelHandler> each : pipeline) {
            if (each.getValue() != last.handler() && !(each.getValue() instanceof SslHandler)) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "Vert.x leaves {0} ({1}) in an upgraded connection, of which nothing is known here;"
                                + " the connection is closed",
                        each.getKey(),
                        each.getValue().getClass().getName());
                var unused = last.channel().close();
                throw new IllegalStateException("a pipeline of which nothing is known");
            }
        }
        pipeline.remove(last.handler());
        return last.channel();
    }

    /** What proves that the handshake was understood (RFC 6455, 4.2.2). */
    static String answer(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-1", e);
        }
    }
}
