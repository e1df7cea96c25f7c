package fanfare.gateway.sockjs;

import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.http.Reset;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A WebSocket, with SockJS's frames in it or without. Confined to its event loop. */
final class WebSocketTransport implements Transport {
    /** All that waits for a connection leaves in frames of about this size [bytes]. */
    private static final int FRAME_BYTES = 64 << 10;
    /** Pongs that may wait for a peer that pings and does not read: Vert.x writes each, whether or not it can leave. */
    private static final int PONGS_WAITING_MAX = 100;

    private final ServerWebSocket socket;
    private final HttpConnection connection;
    private final boolean framed;
    private @Nullable Session session;
    /** Pings since something could last be written. */
    private int pongsWaiting;

    WebSocketTransport(ServerWebSocket socket, HttpConnection connection, boolean framed) {
        this.socket = socket;
        this.connection = connection;
        this.framed = framed;
    }

    /** Starts to hand over what the browser sends. */
    void serve(Session opened) {
        session = opened;
        if (framed) {
            socket.writeTextMessage(SockJsFrames.OPEN);
        }
        socket.frameHandler(new FrameReader(
                SockJsRouter.WEBSOCKET_BYTES_MAX,
                text -> received(opened, text),
                why -> opened.close(CloseReason.BAD_MESSAGE.because(why)),
                () -> pinged(opened)));
        socket.drainHandler(drained -> opened.flush());
        socket.exceptionHandler(failure -> {
            // A broken connection; its close follows and is what counts.
        });
        socket.closeHandler(closed -> {
            Short code = socket.closeStatusCode();
            opened.ended(code == null ? CloseReason.ABNORMAL : Short.toUnsignedInt(code));
        });
    }

    private void received(Session session, String text) {
        if (!framed) {
            session.receive(text);
            return;
        }
        if (text.isEmpty()) {
            return;
        }
        List<String> messages = SockJsFrames.messages(text);
        if (messages == null) {
            session.close(CloseReason.BAD_MESSAGE.because("broken JSON encoding"));
        } else {
            messages.forEach(session::receive);
        }
    }

    private void pinged(Session session) {
        if (takesMore()) {
            pongsWaiting = 0;
        } else if (++pongsWaiting > PONGS_WAITING_MAX) {
            session.ended(CloseReason.SLOW_CONSUMER.code());
            reset();
        }
    }

    @Override
    public String name() {
        return framed ? "websocket" : "raw-websocket";
    }

    /** From the browser's close frame until the connection ends, a socket throws when it is asked whether it is full. */
    private boolean takesMore() {
        return !socket.isClosed() && !socket.writeQueueFull();
    }

    @Override
    public void write(SendQueue waiting) {
        while (!waiting.isEmpty() && takesMore()) {
            if (framed) {
                String frame = SockJsFrames.array(waiting, FRAME_BYTES).toString();
                handedOver(waiting.asked(), socket.writeTextMessage(frame));
            } else {
                Message message = waiting.poll();
                if (message != null) {
                    Future<Void> write = socket.writeTextMessage(message.text().toString());
                    if (message.receipt() != null) {
                        handedOver(List.of(message), write);
                    }
                }
            }
        }
    }

    private void handedOver(@Nullable List<Message> asked, Future<Void> write) {
        if (asked != null && session != null) {
            session.handedOver(asked, write);
        }
    }

    @Override
    public void heartbeat() {
        if (!takesMore()) {
            return;
        }
        if (framed) {
            socket.writeTextMessage(SockJsFrames.HEARTBEAT);
        } else {
            socket.writePing(Buffer.buffer());
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (socket.isClosed()) {
            return;
        }
        if (framed) {
            socket.writeTextMessage(SockJsFrames.close(reason));
        }
        socket.close((short) reason.code(), reason.text());
    }

    @Override
    public void reset() {
        Reset.connection(connection);
    }
}
