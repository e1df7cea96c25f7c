package fanfare.gateway.sockjs;

import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.SendQueue;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SockJS's frames (SockJS protocol 0.3.3): {@code o}, {@code h}, {@code a[...]}, {@code c[code,"reason"]}. */
final class SockJsFrames {
    static final String OPEN = "o";
    static final String HEARTBEAT = "h";

    private SockJsFrames() {}

    static String close(CloseReason reason) {
        return "c[" + reason.code() + "," + Json.encode(reason.text()) + "]";
    }

    /** One array frame with what waits, up to {@code bytesMax} but at least one message. */
    static Buffer array(SendQueue.Reader waiting, int bytesMax) {
        Buffer frame = Buffer.buffer().appendString("a[");
        boolean first = true;
        Message message = waiting.poll();
        while (message != null) {
            if (!first) {
                frame.appendString(",");
            }
            first = false;
            frame.appendBuffer(message.quoted());
            message = frame.length() < bytesMax ? waiting.poll() : null;
        }
        return frame.appendString("]");
    }

    /** The messages in what a browser sent: an array of strings or a single one; null if it is neither. */
    static @Nullable List<String> messages(String body) {
        Object json;
        try {
            json = Json.decodeValue(body);
        } catch (DecodeException e) {
            return null;
        }
        if (json instanceof String message) {
            return List.of(message);
        }
        if (!(json instanceof JsonArray array)) {
            return null;
        }
        List<String> messages = new ArrayList<>(array.size());
        for (Object element : array) {
            if (!(element instanceof String message)) {
                return null;
            }
            messages.add(message);
        }
        return messages;
    }
}
