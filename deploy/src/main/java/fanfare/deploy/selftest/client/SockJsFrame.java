package fanfare.deploy.selftest.client;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;

/** What a SockJS frame means to a client. */
final class SockJsFrame {
    static final int ABNORMAL = 1006;

    private SockJsFrame() {}

    /** Tells the ear; false once the frame was the last of its session. */
    static boolean hear(String frame, Connection.Ear ear) {
        try {
            switch (frame.isEmpty() ? ' ' : frame.charAt(0)) {
                case 'o' -> ear.opened();
                case 'h' -> ear.beat();
                case 'a' -> {
                    for (Object message : new JsonArray(frame.substring(1))) {
                        ear.message((String) message);
                    }
                }
                case 'c' -> {
                    JsonArray close = new JsonArray(frame.substring(1));
                    ear.closed(close.getInteger(0), close.getString(1));
                    return false;
                }
                default -> {
                    ear.closed(ABNORMAL, "no SockJS frame");
                    return false;
                }
            }
            return true;
        } catch (DecodeException | ClassCastException e) {
            ear.closed(ABNORMAL, "a broken SockJS frame");
            return false;
        }
    }

    static String of(String message) {
        return new JsonArray().add(message).encode();
    }
}
