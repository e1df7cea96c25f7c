package fanfare.deploy.bench.sink;

import fanfare.deploy.bench.socket.Wire;

/** What is said on a WebSocket: messages as they are, or in SockJS's frames. */
enum Framing {
    /** Its hello stands in the address, so that a gateway waits for none. */
    RAW("/push/websocket?inbox=false", "", "{\"position\":\"", "{\"type\":\"welcome\"") {
        @Override
        int count(byte[] bytes, int from, int to, String wanted) {
            return Wire.startsWith(bytes, from, to, wanted) ? 1 : 0;
        }
    },
    SOCKJS(
            "/push/000/%08d/websocket",
            "[\"{\\\"type\\\":\\\"hello\\\"}\"]", "{\\\"position\\\":", "{\\\"type\\\":\\\"welcome\\\"") {
        @Override
        int count(byte[] bytes, int from, int to, String wanted) {
            int count = 0;
            boolean inside = false;
            for (int at = from; at < to; at++) {
                if (bytes[at] == '\\') {
                    at++; // What is escaped ends no string.
                } else if (bytes[at] == '"') {
                    inside = !inside;
                    if (inside && Wire.startsWith(bytes, at + 1, to, wanted)) {
                        count++;
                    }
                }
            }
            return count;
        }
    };

    private final String path;
    private final String hello;
    private final String event;
    private final String welcome;

    /** An event's text begins with its position, whatever else it says. */
    Framing(String path, String hello, String event, String welcome) {
        this.path = path;
        this.hello = hello;
        this.event = event;
        this.welcome = welcome;
    }

    /** How many messages that begin so are in a text frame. */
    abstract int count(byte[] bytes, int from, int to, String wanted);

    /** How many events are in a text frame. */
    int events(byte[] bytes, int from, int to) {
        return count(bytes, from, to, event);
    }

    boolean isWelcome(byte[] bytes, int from, int to) {
        return count(bytes, from, to, welcome) > 0;
    }

    /** The upgrade; what is said right behind it included. */
    byte[] request(int user, int port) {
        return Wire.request(path.formatted(user), port, cookie(user));
    }

    /** The first frame; empty if there is none. */
    byte[] hello() {
        return hello.isEmpty() ? new byte[0] : Wire.text(Wire.ascii(hello));
    }

    /** 64 bytes, as a login cookie may have. */
    static String cookie(int user) {
        return "user=user-%06d; sid=%042d".formatted(user, user);
    }
}
