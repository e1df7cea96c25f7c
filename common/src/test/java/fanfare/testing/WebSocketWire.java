package fanfare.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.List;
import java.util.Map;

/** A WebSocket, with or without SockJS' framing. */
final class WebSocketWire implements Wire {
    private static final int MESSAGE_BYTES_MAX = 4 << 20;

    private final WebSocketClient client;
    private final ClientWebSocket socket;
    private final boolean framed;
    private final Future<?> connected;
    /** Set by the last frame of a SockJS session, after which the socket's own end is no news. */
    private volatile boolean over;

    WebSocketWire(Vertx vertx, String uri, boolean framed, Map<String, String> headers, Ear ear) {
        this.framed = framed;
        client = vertx.createWebSocketClient(
                new WebSocketClientOptions().setMaxFrameSize(MESSAGE_BYTES_MAX).setMaxMessageSize(MESSAGE_BYTES_MAX));
        socket = client.webSocket();
        socket.textMessageHandler(text -> hear(text, ear));
        socket.closeHandler(end -> ended(ear));
        socket.exceptionHandler(failure -> {}); // The close handler follows and tells all that a page would learn.
        WebSocketConnectOptions options = new WebSocketConnectOptions().setAbsoluteURI(uri);
        headers.forEach(options::addHeader);
        connected = socket.connect(options)
                .onSuccess(open -> {
                    if (!framed) {
                        ear.opened();
                    }
                })
                .onFailure(failure -> {
                    if (failure instanceof UpgradeRejectedException refusal) {
                        ear.refused(refusal.getStatus(), String.valueOf(refusal.getBody()));
                    } else if (failure instanceof IllegalStateException) {
                        // The close came close behind the answer to the handshake, before Vert.x had set handlers, and
                        // then
                        // it sets none. But it knows what the close said.
                        ear.opened();
                        ended(ear);
                    } else {
                        ear.closed(1006, String.valueOf(failure.getMessage()));
                    }
                });
    }

    private void ended(Ear ear) {
        if (!over) {
            Short code = socket.closeStatusCode();
            String reason = socket.closeReason();
            ear.closed(code == null ? 1006 : code, reason == null ? "" : reason);
        }
    }

    private void hear(String text, Ear ear) {
        if (!framed) {
            ear.message(text);
        } else if (!over && !SockJsFrame.hear(text, ear)) {
            over = true;
        }
    }

    @Override
    public Future<Void> send(List<String> messages) {
        return connected.compose(open -> {
            if (framed) {
                return socket.writeTextMessage(SockJsFrame.of(messages));
            }
            return Future.all(messages.stream().map(socket::writeTextMessage).toList())
                    .mapEmpty();
        });
    }

    @Override
    public Future<Void> close() {
        over = true;
        return connected
                .compose(open -> socket.close())
                .eventually(client::close)
                .otherwiseEmpty();
    }
}
