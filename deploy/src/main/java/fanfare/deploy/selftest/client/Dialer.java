package fanfare.deploy.selftest.client;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Connects clients to gateways, each time to a random one, as a balancer that knows nothing would. Fallback sessions stay
 * with theirs. One HTTP client and one WebSocket client serve all.
 */
public final class Dialer {
    private static final String LOOPBACK = "127.0.0.1";
    /** What a browser's client grants a transport [ms]. */
    static final int OPEN_MS_MAX = 5_000;

    /** To one gateway; the client makes an array of this length, and files run out before. */
    private static final int CONNECTIONS_MAX = 20_000;

    private static final int MESSAGE_BYTES_MAX = 4 << 20;
    /** SockJS' server part of the path, which means nothing to us. */
    private static final int SERVERS = 1_000;

    private final HttpClient http;
    private final WebSocketClient webSockets;
    private final List<Integer> gateways;
    private final RandomGenerator random;

    public Dialer(Vertx vertx, List<Integer> gatewayPorts, RandomGenerator random) {
        this.http = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(OPEN_MS_MAX),
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
        this.webSockets = vertx.createWebSocketClient(new WebSocketClientOptions()
                .setConnectTimeout(OPEN_MS_MAX)
                .setMaxConnections(CONNECTIONS_MAX)
                .setMaxFrameSize(MESSAGE_BYTES_MAX)
                .setMaxMessageSize(MESSAGE_BYTES_MAX));
        this.gateways = gatewayPorts;
        this.random = random;
    }

    Connection dial(Transport transport, String cookie, Connection.Ear ear) {
        int port = gateways.get(random.nextInt(gateways.size()));
        String session =
                "/push/%03d/%s/".formatted(random.nextInt(SERVERS), Long.toString(random.nextLong(Long.MAX_VALUE), 36));
        return switch (transport) {
            case SOCKJS_WEBSOCKET ->
                new WebSocketConnection(webSockets, webSocket(port, session + "websocket", cookie), true, ear);
            case RAW_WEBSOCKET ->
                new WebSocketConnection(webSockets, webSocket(port, "/push/websocket", cookie), false, ear);
            case XHR_STREAMING ->
                new XhrConnection(http, end -> request(port, session + end, cookie), "xhr_streaming", ear);
            case XHR_POLLING -> new XhrConnection(http, end -> request(port, session + end, cookie), "xhr", ear);
        };
    }

    static WebSocketConnectOptions webSocket(int port, String path, String cookie) {
        WebSocketConnectOptions options = new WebSocketConnectOptions();
        options.setHost(LOOPBACK).setPort(port).setURI(path).addHeader("Cookie", cookie);
        options.setTimeout(OPEN_MS_MAX);
        return options;
    }

    private static RequestOptions request(int port, String path, String cookie) {
        return new RequestOptions().setHost(LOOPBACK).setPort(port).setURI(path).addHeader("Cookie", cookie);
    }
}
