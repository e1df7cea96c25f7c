package fanfare.deploy.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;

/** The least a site can be: everybody is who the cookie says. */
final class Doorman {
    static final String COOKIE = "user=";

    private Doorman() {}

    static Future<HttpServer> listen(Vertx vertx) {
        return vertx.createHttpServer().requestHandler(Doorman::answer).listen(0, Workbench.LOOPBACK);
    }

    private static void answer(HttpServerRequest request) {
        String cookie = request.getHeader("Cookie");
        if (cookie == null || !cookie.startsWith(COOKIE)) {
            request.response().setStatusCode(401).end();
        } else {
            request.response()
                    .putHeader("Content-Type", "application/json")
                    .end(new JsonObject()
                            .put("user", cookie.substring(COOKIE.length()))
                            .toBuffer());
        }
    }
}
