package fanfare.deploy.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.atomic.AtomicLong;

/** The least a site can be: everybody is who the cookie says. */
final class Doorman {
    static final String COOKIE = "user=";

    private final AtomicLong asked = new AtomicLong();

    static Future<HttpServer> listen(Vertx vertx) {
        return new Doorman().open(vertx);
    }

    /** Begins to answer. */
    Future<HttpServer> open(Vertx vertx) {
        return vertx.createHttpServer().requestHandler(this::answer).listen(0, Workbench.LOOPBACK);
    }

    /** How often it was asked until now; any thread. */
    long asked() {
        return asked.get();
    }

    private void answer(HttpServerRequest request) {
        asked.incrementAndGet();
        String cookie = request.getHeader("Cookie");
        if (cookie == null || !cookie.startsWith(COOKIE)) {
            request.response().setStatusCode(401).end();
        } else {
            request.response()
                    .putHeader("Content-Type", "application/json")
                    .end(new JsonObject()
                            .put("user", cookie.substring(COOKIE.length()).split(";", 2)[0])
                            .toBuffer());
        }
    }
}
