package fanfare.http;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.Set;

/** What everybody has to do who hands a request on to another server and its answer back. */
public final class Forwarding {
    /** Headers about one connection, which are not the next one's business (RFC 9110, 7.6.1). */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private Forwarding() {}

    /** Puts the headers in place of others of their names, but for those about the connection. */
    public static void copy(MultiMap from, MultiMap to) {
        from.names().stream()
                .filter(name -> !HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT)))
                .forEach(name -> to.set(name, from.getAll(name)));
    }

    /** Answers a request with another server's answer as it comes: the head at once, the body with back-pressure. */
    public static Future<Void> respond(HttpServerRequest request, HttpClientResponse answer) {
        answer.pause();
        HttpServerResponse response = request.response();
        response.setStatusCode(answer.statusCode()).setStatusMessage(answer.statusMessage());
        copy(answer.headers(), response.headers());
        boolean hasLength = answer.headers().contains("Content-Length");
        boolean hasBody = answer.statusCode() != 204 && answer.statusCode() != 304;
        boolean endsWithConnection = hasBody && !hasLength && request.version() == HttpVersion.HTTP_1_0;
        if (endsWithConnection) {
            // Vert.x lets this head go with the first piece only.
            response.putHeader("Connection", "close");
        } else if (hasBody && !hasLength) {
            // An event stream has opened once its head is there; the first event may take its time.
            response.setChunked(true).writeHead();
        }
        Future<Void> over = answer.pipe().endOnFailure(false).to(response);
        return endsWithConnection ? over.onSuccess(end -> request.connection().close()) : over;
    }
}
