package fanfare.deploy.selftest.client;

import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;

/** A WebSocket, with SockJS' framing or without. */
final class WebSocketConnection implements Connection {
    private final ClientWebSocket socket;
    private final boolean framed;
    private final Ear ear;
    private boolean connected;
    /** Nothing is told any more. */
    private boolean over;

    WebSocketConnection(WebSocketClient client, WebSocketConnectOptions where, boolean framed, Ear ear) {
        this.framed = framed;
        this.ear = ear;
        this.socket = client.webSocket();
        socket.textMessageHandler(this::hear);
        socket.exceptionHandler(failure -> {}); // The close handler follows and says as much as a browser would.
        socket.closeHandler(closed -> {
            Short code = socket.closeStatusCode();
            end(code == null ? SockJsFrame.ABNORMAL : code, String.valueOf(socket.closeReason()));
        });
        socket.connect(where)
                .onSuccess(open -> connected())
                .onFailure(failure -> end(SockJsFrame.ABNORMAL, String.valueOf(failure.getMessage())));
    }

    private void connected() {
        connected = true;
        if (over) {
            socket.close();
        } else if (!framed) {
            ear.opened();
        }
    }

    private void hear(String text) {
        if (over) {
            return;
        }
        if (!framed) {
            ear.message(text);
        } else if (!SockJsFrame.hear(text, ear)) {
            over = true;
        }
    }

    private void end(int code, String reason) {
        if (!over) {
            over = true;
            ear.closed(code, reason);
        }
    }

    @Override
    public void send(String text) {
        socket.writeTextMessage(framed ? SockJsFrame.of(text) : text);
    }

    @Override
    public void close() {
        over = true;
        if (connected) {
            socket.close();
        }
    }
}
