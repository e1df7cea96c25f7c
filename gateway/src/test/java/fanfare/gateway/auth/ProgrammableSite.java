package fanfare.gateway.auth;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A site that answers the login check as it is told, and remembers what it was asked. */
final class ProgrammableSite {
    /** The headers of every request so far. */
    final List<MultiMap> seen = new CopyOnWriteArrayList<>();
    /** Requests that wait for an answer of the test's. */
    final List<HttpServerResponse> held = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private volatile Handler<HttpServerResponse> answer = held::add;

    ProgrammableSite(Vertx vertx) throws Exception {
        server = vertx.createHttpServer()
                .requestHandler(request -> {
                    seen.add(MultiMap.caseInsensitiveMultiMap().addAll(request.headers()));
                    answer.handle(request.response());
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.actualPort() + "/push/auth?a=b");
    }

    void answers(Handler<HttpServerResponse> handler) {
        answer = handler;
    }

    void answers(int status, String body) {
        answers(response -> response.setStatusCode(status).end(body));
    }

    /** Leaves requests without an answer, in {@link #held}. */
    void holds() {
        answers(held::add);
    }

    void close() throws Exception {
        server.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
