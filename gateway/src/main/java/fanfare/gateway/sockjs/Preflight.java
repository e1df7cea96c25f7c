package fanfare.gateway.sockjs;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** The answer to a browser that asks what it may send to another origin (Fetch standard, "CORS-preflight fetch"). */
public final class Preflight {
    private static final int YEAR_S = 31_536_000;

    private Preflight() {}

    /** Allows these methods, and whatever headers a page that may connect asks for. */
    public static void answer(RoutingContext context, String methods) {
        HttpServerResponse response = context.response();
        String wanted = context.request().getHeader("Access-Control-Request-Headers");
        if (wanted != null && response.headers().contains("Access-Control-Allow-Origin")) {
            response.putHeader("Access-Control-Allow-Headers", wanted);
        }
        response.setStatusCode(204)
                .putHeader("Access-Control-Allow-Methods", methods)
                .putHeader("Access-Control-Max-Age", Integer.toString(YEAR_S))
                .putHeader("Cache-Control", "public, max-age=" + YEAR_S)
                .end();
    }
}
