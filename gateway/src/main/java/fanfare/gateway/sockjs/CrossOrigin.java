package fanfare.gateway.sockjs;

import fanfare.gateway.auth.Origins;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** What answers tell a browser whose page may be of another origin (Fetch standard, "HTTP extensions"). */
public final class CrossOrigin {
    private static final int YEAR_S = 31_536_000;

    private static final String NO_CACHE = "no-store, no-cache, no-transform, must-revalidate, max-age=0";

    private CrossOrigin() {}

    /**
     * Puts on an answer, be it an error, who may read it, and that nobody may keep it.
     *
     * @param open whether it holds nothing private, so that a page without an origin of its own may read it too
     */
    public static void headers(RoutingContext context, Origins origins, boolean open) {
        HttpServerResponse response = context.response();
        response.putHeader("X-Content-Type-Options", "nosniff").putHeader("Cache-Control", NO_CACHE);
        origins.check(context.request()).cors(response.headers(), open);
    }

    /** Answers a browser that asks first: allows these methods, and whatever headers a page that may connect asks for. */
    public static void preflight(RoutingContext context, String methods) {
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
