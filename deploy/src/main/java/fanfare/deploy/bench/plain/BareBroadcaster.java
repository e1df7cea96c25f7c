package fanfare.deploy.bench.plain;

import fanfare.config.Env;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code deploy.jar bench broadcaster PORT HEARTBEAT-SECONDS}: what {@code broadcaster.c} does, where no compiler is. Confined
 * to its one event loop, though its handler is shared.
 */
@ChannelHandler.Sharable
public final class BareBroadcaster extends ChannelInboundHandlerAdapter {
    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                    + "\u0081\u0012{\"type\":\"welcome\"}";
    private static final String DONE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static final String FRAME =
            "\u0081~\u0000\u0080{\"position\":\"" + "x".repeat(128 - "{\"position\":\"".length());
    private static final String PING = "\u0089\u0000";
    private static final String BROADCAST = "GET /broadcast?";
    private static final int TICK_MS = 100;
    private static final int ACCEPT_BACKLOG = 4_096;

    private final ByteBuf frame = prepared(FRAME);
    private final ByteBuf ping = prepared(PING);
    private final List<Channel> connections = new ArrayList<>();
    private int tick;

    private BareBroadcaster() {}

    /** Goes on after the return, until the process is ended or the one that started it has gone. */
    public static void run(List<String> arguments) {
        Logging.install(LogFormat.TEXT);
        Parent.watch(
                Parent.pid(new Env(System.getenv())), () -> Runtime.getRuntime().halt(1));
        BareBroadcaster broadcaster = new BareBroadcaster();
        var loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(broadcaster);
                    }
                })
                .bind(PlainProcess.LOOPBACK, Integer.parseInt(arguments.get(0)))
                .addListener(bound -> {
                    if (!bound.isSuccess()) {
                        System.err.println("cannot start: " + bound.cause());
                        Runtime.getRuntime().halt(1);
                    }
                });
        int ticks = Integer.parseInt(arguments.get(1)) * 1_000 / TICK_MS;
        if (ticks > 0) {
            var unused =
                    loop.scheduleAtFixedRate(() -> broadcaster.beat(ticks), TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        // A request comes in one piece, or it is none of ours; what follows the upgrade is not looked at.
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        bytes.release();
        if (text.startsWith("GET /push/")) {
            connections.add(context.channel());
            answer(context, SWITCHING);
        } else if (text.startsWith("GET /")) {
            if (text.startsWith(BROADCAST)) {
                broadcast(Integer.parseInt(text.substring(BROADCAST.length(), text.indexOf(' ', BROADCAST.length()))));
            }
            answer(context, DONE);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        connections.remove(context.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, @Nullable Throwable cause) {
        var unused = context.close();
    }

    private void broadcast(int messages) {
        for (int i = 0; i < messages; i++) {
            for (Channel connection : connections) {
                var unused = connection.writeAndFlush(frame.retainedDuplicate(), connection.voidPromise());
            }
        }
    }

    private void beat(int ticks) {
        for (int i = tick++ % ticks; i < connections.size(); i += ticks) {
            Channel connection = connections.get(i);
            var unused = connection.writeAndFlush(ping.retainedDuplicate(), connection.voidPromise());
        }
    }

    private static void answer(ChannelHandlerContext context, String text) {
        var unused =
                context.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), context.voidPromise());
    }

    private static ByteBuf prepared(String bytes) {
        byte[] copy = bytes.getBytes(StandardCharsets.ISO_8859_1);
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(copy.length).writeBytes(copy).asReadOnly());
    }
}
