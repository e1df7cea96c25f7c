package fanfare.gateway;

import fanfare.testing.RawHttp;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A SockJS session of a browser that is logged in, request by request, for what happens on the wire. */
final class RawSession {
    private final int port;
    private final String path;
    private final String cookie;

    private RawSession(int port, String path, String cookie) {
        this.port = port;
        this.path = path;
        this.cookie = cookie;
    }

    /** A session that nobody has opened yet. */
    static RawSession of(int port, String login) {
        return new RawSession(port, "/push/000/" + UUID.randomUUID(), cookie(login));
    }

    /** The same session by way of another gateway. */
    RawSession at(int otherPort) {
        return new RawSession(otherPort, path, cookie);
    }

    /** The same session as somebody else would use it. */
    RawSession as(String otherLogin) {
        return new RawSession(port, path, cookie(otherLogin));
    }

    private static String cookie(String login) {
        return "Cookie: site_session=" + login;
    }

    /** Opens the session with a first poll and takes its welcome with the next ones. */
    RawSession opened() {
        String first = poll().body();
        if (!first.equals("o\n")) {
            throw new AssertionError("the first poll was answered " + first);
        }
        send("[\"{\\\"type\\\":\\\"hello\\\"}\"]");
        String second = poll().body();
        if (!second.startsWith("a[\"{\\\"type\\\":\\\"welcome\\\"")) {
            throw new AssertionError("the second poll was answered " + second);
        }
        return this;
    }

    String id() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    String path(String transport) {
        return path + "/" + transport;
    }

    RawHttp.Answer poll() {
        try (RawHttp http = receive("xhr")) {
            return http.answer();
        }
    }

    /** Sends the request of a receiver and leaves the answer to be read. */
    RawHttp receive(String transport) {
        return RawHttp.to(port).request("POST", path(transport), "", cookie);
    }

    /** Sends the request of a WebSocket and leaves the answer to be read. */
    RawHttp upgrade() {
        return RawHttp.to(port)
                .request(
                        "GET",
                        path("websocket"),
                        "",
                        cookie,
                        "Upgrade: websocket",
                        "Connection: Upgrade",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    }

    RawHttp.Answer send(String body) {
        return send(body, null);
    }

    RawHttp.Answer send(String body, @Nullable String contentType) {
        return contentType == null
                ? RawHttp.post(port, path("xhr_send"), body, cookie)
                : RawHttp.post(port, path("xhr_send"), body, cookie, "Content-Type: " + contentType);
    }
}
