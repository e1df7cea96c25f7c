package fanfare.deploy.bench.sink;

import java.nio.charset.StandardCharsets;

/** What is said on a WebSocket: messages as they are, or in SockJS's frames. */
enum Framing {
    /** Its hello stands in the address, so that a gateway waits for none. */
    RAW("/push/websocket?inbox=false", "", "{\"position\":\"", "{\"type\":\"welcome\"") {
        @Override
        int count(byte[] bytes, int from, int to, String wanted) {
            return startsWith(bytes, from, to, wanted) ? 1 : 0;
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
                    if (inside && startsWith(bytes, at + 1, to, wanted)) {
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
        return ascii("GET " + path.formatted(user) + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                + "\r\nSec-WebSocket-Key: ZmFuZmFyZSBiZW5jaG1hcms=\r\nCookie: " + cookie(user) + "\r\n\r\n");
    }

    /** The first frame, masked with zeros; empty if there is none. */
    byte[] hello() {
        byte[] frame = new byte[hello.isEmpty() ? 0 : 6 + hello.length()];
        if (frame.length > 0) {
            frame[0] = (byte) 0x81;
            frame[1] = (byte) (0x80 | hello.length());
            System.arraycopy(ascii(hello), 0, frame, 6, hello.length());
        }
        return frame;
    }

    /** 64 bytes, as a login cookie may have. */
    static String cookie(int user) {
        return "user=user-%06d; sid=%042d".formatted(user, user);
    }

    static boolean startsWith(byte[] bytes, int from, int to, String wanted) {
        if (to - from < wanted.length()) {
            return false;
        }
        for (int i = 0; i < wanted.length(); i++) {
            if (bytes[from + i] != wanted.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
