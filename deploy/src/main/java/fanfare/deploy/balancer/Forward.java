package fanfare.deploy.balancer;

import fanfare.http.Forwarding;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * Hands a request to the backend whose turn it is, and its answer back as it comes: heads at once, bodies unbuffered
 * with back-pressure, WebSocket upgrades as plain bytes. Whichever side goes first takes the other with it.
 */
final class Forward implements Handler<RoutingContext> {
    private final HttpClient client;
    private final Rotation rotation;

    Forward(HttpClient client, Rotation rotation) {
        this.client = client;
        this.rotation = rotation;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        request.pause();
        HttpServerResponse response = context.response();
        reach(request, rotation.next())
                .compose(upstream -> {
                    response.exceptionHandler(gone -> upstream.reset());
                    // The futures below tell of a lost gateway; without a handler Vert.x logs it as an error besides.
                    upstream.exceptionHandler(lost -> {});
                    if (response.closed()) {
                        upstream.reset();
                        return Future.succeededFuture();
                    }
                    copyRequestHead(request, upstream);
                    return request.canUpgradeToWebSocket() ? upgrade(request, upstream) : exchange(request, upstream);
                })
                .onFailure(failure -> {
                    if (response.headWritten() || response.closed()) {
                        // A stream cut short must not look complete.
                        request.connection().close();
                    } else {
                        request.resume();
                        context.fail(
                                failure instanceof ProblemException
                                        ? failure
                                        : Problem.UNAVAILABLE.because("the gateway went away before it answered"));
                    }
                });
    }

    /** A request on a connection to the first backend that accepts one; nothing has been sent on it. */
    private Future<HttpClientRequest> reach(HttpServerRequest request, List<Backend> candidates) {
        if (candidates.isEmpty()) {
            return Future.failedFuture(Problem.UNAVAILABLE.because("no gateway is ready"));
        }
        Backend backend = candidates.get(0);
        RequestOptions options = new RequestOptions()
                .setMethod(request.method())
                .setHost(backend.host())
                .setPort(backend.port())
                .setURI(request.uri());
        return client.request(options).recover(refused -> {
            rotation.refused(backend);
            return reach(request, candidates.subList(1, candidates.size()));
        });
    }

    private static void copyRequestHead(HttpServerRequest request, HttpClientRequest upstream) {
        MultiMap headers = upstream.headers();
        Forwarding.copy(request.headers(), headers);
        String client = request.remoteAddress().hostAddress();
        String before = String.join(", ", request.headers().getAll("X-Forwarded-For"));
        headers.set("X-Forwarded-For", before.isEmpty() ? client : before + ", " + client);
        headers.set("X-Forwarded-Proto", request.isSSL() ? "https" : "http");
    }

    private static Future<Void> exchange(HttpServerRequest request, HttpClientRequest upstream) {
        boolean hasBody = request.headers().contains("Content-Length")
                || request.headers().contains("Transfer-Encoding");
        if (hasBody) {
            upstream.setChunked(!request.headers().contains("Content-Length"));
            // A gateway may well answer before it has read everything, so the two directions do not wait for each
            // other.
            request.pipeTo(upstream).onFailure(broken -> upstream.reset());
        } else {
            request.resume();
            upstream.end();
        }
        return upstream.response().compose(answer -> Forwarding.respond(request, answer));
    }

    private static Future<Void> upgrade(HttpServerRequest request, HttpClientRequest upstream) {
        upstream.putHeader("Connection", "Upgrade").putHeader("Upgrade", "websocket");
        return upstream.connect().compose(answer -> {
            if (answer.statusCode() != 101) {
                request.resume();
                return Forwarding.respond(request, answer);
            }
            NetSocket backend = answer.netSocket();
            backend.pause();
            Forwarding.copy(answer.headers(), request.response().headers());
            request.response().putHeader("Connection", "Upgrade").putHeader("Upgrade", "websocket");
            return request.toNetSocket()
                    .onSuccess(browser -> join(browser, backend))
                    .mapEmpty();
        });
    }

    private static void join(NetSocket browser, NetSocket backend) {
        browser.closeHandler(closed -> backend.close());
        backend.closeHandler(closed -> browser.close());
        browser.pipeTo(backend).onFailure(broken -> backend.close());
        backend.pipeTo(browser).onFailure(broken -> browser.close());
    }
}
