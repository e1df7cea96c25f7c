package fanfare.gateway;

import fanfare.testing.RawHttp;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A SockJS session of a browser that is logged in, request by request, for what happens on the wire. */
final class RawSession {
    private final int port;
    private final String path;
    private final List<String> headers;

    private RawSession(int port, String path, List<String> headers) {
        this.port = port;
        this.path = path;
        this.headers = headers;
    }

    /** A session that nobody has opened yet; each of its requests has these headers too. */
    static RawSession of(int port, String login, String... more) {
        return new RawSession(
                port,
                "/push/000/" + UUID.randomUUID(),
                Stream.concat(Stream.of(cookie(login)), Stream.of(more)).toList());
    }

    /** The same session by way of another gateway. */
    RawSession at(int otherPort) {
        return new RawSession(otherPort, path, headers);
    }

    /** The same session as somebody else would use it. */
    RawSession as(String otherLogin) {
        return new RawSession(port, path, List.of(cookie(otherLogin)));
    }

    private static String cookie(String login) {
        return "Cookie: site_session=" + login;
    }

    /** The same session as somebody else would use it who has no cookies. */
    RawSession with(String... otherHeaders) {
        return new RawSession(port, path, List.of(otherHeaders));
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
        return answer(SockJsForm.XHR);
    }

    /** Sends the request of a receiver and leaves the answer to be read. */
    RawHttp receive(SockJsForm form) {
        return RawHttp.to(port).request(form.method, path(form.path), "", headers());
    }

    /** The same in HTTP/1.0. */
    RawHttp receiveByHttp10(SockJsForm form) {
        String length = form.method.equals("POST") ? "Content-Length: 0\r\n" : "";
        return RawHttp.to(port)
                .send(form.method + " " + path(form.path) + " HTTP/1.0\r\nHost: 127.0.0.1\r\n"
                        + String.join("\r\n", headers) + "\r\n" + length + "\r\n");
    }

    /** One whole answer of a receiver. */
    RawHttp.Answer answer(SockJsForm form) {
        try (RawHttp http = receive(form)) {
            return http.answer();
        }
    }

    /** Sends the request of a WebSocket and leaves the answer to be read. */
    RawHttp upgrade() {
        return RawHttp.to(port).request("GET", path("websocket"), "", RawWebSocket.upgrade(headers()));
    }

    RawHttp.Answer send(String body) {
        return send(body, null);
    }

    RawHttp.Answer send(String body, @Nullable String contentType) {
        return send("xhr_send", body, contentType);
    }

    /** Sends as a page without XHR does, from a form. */
    RawHttp.Answer sendForm(String body, @Nullable String contentType) {
        return send("jsonp_send", body, contentType);
    }

    private RawHttp.Answer send(String path, String body, @Nullable String contentType) {
        return contentType == null
                ? RawHttp.post(port, path(path), body, headers())
                : RawHttp.post(port, path(path), body, headers("Content-Type: " + contentType));
    }

    private String[] headers(String... more) {
        return Stream.concat(headers.stream(), Stream.of(more)).toArray(String[]::new);
    }
}
