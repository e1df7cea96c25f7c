package fanfare.testing;

import io.vertx.core.json.JsonArray;
import java.util.List;

/** What a SockJS frame means to a client. */
final class SockJsFrame {
    private SockJsFrame() {}

    /** Tells the ear; false once the frame was the last of its session. */
    static boolean hear(String frame, Wire.Ear ear) {
        if (frame.isEmpty()) {
            ear.closed(1006, "an empty frame");
            return false;
        }
        switch (frame.charAt(0)) {
            case 'o' -> ear.opened();
            case 'h' -> {}
            case 'a' -> new JsonArray(frame.substring(1)).forEach(message -> ear.message((String) message));
            case 'c' -> {
                JsonArray close = new JsonArray(frame.substring(1));
                ear.closed(close.getInteger(0), close.getString(1));
                return false;
            }
            default -> {
                ear.closed(1006, "no SockJS frame: " + frame.substring(0, Math.min(100, frame.length())));
                return false;
            }
        }
        return true;
    }

    /** What a client sends, on a WebSocket as well as in the body of an xhr_send. */
    static String of(List<String> messages) {
        return new JsonArray(messages).encode();
    }
}
