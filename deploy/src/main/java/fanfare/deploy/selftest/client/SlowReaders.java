package fanfare.deploy.selftest.client;

import io.vertx.core.Vertx;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.util.ArrayList;
import java.util.List;

/** Clients that connect, hear the welcome, and read no more. Confined to the loop. */
public final class SlowReaders {
    /** As little as the kernel grants: what it takes in nobody has read. */
    private static final int RECEIVE_BUFFER_BYTES = 4_096;

    private final WebSocketClient client;
    private final List<ClientWebSocket> sockets = new ArrayList<>();
    private int stalled;

    public SlowReaders(Vertx vertx) {
        this.client = vertx.createWebSocketClient(
                new WebSocketClientOptions().setMaxConnections(1_000).setReceiveBufferSize(RECEIVE_BUFFER_BYTES));
    }

    /** One more for each cookie. */
    public void join(int gatewayPort, List<String> cookies) {
        for (String cookie : cookies) {
            ClientWebSocket socket = client.webSocket();
            sockets.add(socket);
            socket.exceptionHandler(failure -> {});
            socket.textMessageHandler(welcome -> {
                socket.pause();
                stalled++;
            });
            socket.connect(Dialer.webSocket(gatewayPort, "/push/websocket", cookie));
        }
    }

    /** How many have stopped reading. */
    public int stalled() {
        return stalled;
    }

    public void leave() {
        sockets.forEach(ClientWebSocket::resume);
        client.close();
    }
}
