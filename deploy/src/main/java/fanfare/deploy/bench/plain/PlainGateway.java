package fanfare.deploy.bench.plain;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds WebSockets, subscribes once for each user, and hands on what is published to them. */
final class PlainGateway extends VerticleBase {
    private static final String PATH = "/push/websocket";
    private static final String COOKIE = "user=";
    private static final String WELCOME = "{\"type\":\"welcome\"}";
    private static final short POLICY_VIOLATION = 1008;
    /** As many as a gateway of ours lets the kernel queue. */
    private static final int ACCEPT_BACKLOG = 4_096;

    private final Redis redis;
    private final int port;
    /** Channel to who listens. */
    private final Map<String, Set<ServerWebSocket>> sockets = new HashMap<>();

    private @Nullable RedisConnection subscriptions;

    PlainGateway(Redis redis, int port) {
        this.redis = redis;
        this.port = port;
    }

    @Override
    public Future<?> start() {
        return redis.connect().compose(connected -> {
            subscriptions = connected;
            connected.handler(this::hear);
            return vertx.createHttpServer(new HttpServerOptions().setAcceptBacklog(ACCEPT_BACKLOG))
                    .webSocketHandler(this::accept)
                    .requestHandler(request -> request.response()
                            .setStatusCode(PlainProcess.READY.equals(request.path()) ? 200 : 404)
                            .end())
                    .listen(port, PlainProcess.LOOPBACK);
        });
    }

    private void accept(ServerWebSocket socket) {
        String cookie = socket.headers().get("Cookie");
        if (!socket.path().equals(PATH) || cookie == null || !cookie.startsWith(COOKIE)) {
            socket.close(POLICY_VIOLATION);
            return;
        }
        String channel = PlainPublisher.channel(cookie.substring(COOKIE.length()));
        socket.closeHandler(closed -> leave(channel, socket));
        Set<ServerWebSocket> others = sockets.get(channel);
        if (others == null) {
            sockets.computeIfAbsent(channel, first -> new HashSet<>()).add(socket);
            ask(Command.SUBSCRIBE, channel);
        } else {
            others.add(socket);
            socket.writeTextMessage(WELCOME);
        }
    }

    private void leave(String channel, ServerWebSocket socket) {
        Set<ServerWebSocket> left = sockets.get(channel);
        if (left != null && left.remove(socket) && left.isEmpty()) {
            sockets.remove(channel);
            ask(Command.UNSUBSCRIBE, channel);
        }
    }

    private void ask(Command command, String channel) {
        RedisConnection connection = subscriptions;
        if (connection != null) {
            connection.send(Request.cmd(command).arg(channel));
        }
    }

    private void hear(Response push) {
        Set<ServerWebSocket> listeners = sockets.getOrDefault(push.get(1).toString(), Set.of());
        switch (push.get(0).toString()) {
            case "message" -> {
                String text = push.get(2).toString();
                listeners.forEach(socket -> socket.writeTextMessage(text));
            }
            case "subscribe" -> listeners.forEach(socket -> socket.writeTextMessage(WELCOME));
            default -> {
                // Somebody has left.
            }
        }
    }
}
