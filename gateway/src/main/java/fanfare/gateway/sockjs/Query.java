package fanfare.gateway.sockjs;

import fanfare.http.Problem;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;

/** What stands behind the question mark of a request's address. */
public final class Query {
    private Query() {}

    /** Refuses what is not percent-encoded, of which Vert.x makes a failure of ours. */
    public static MultiMap of(HttpServerRequest request) {
        try {
            return request.params();
        } catch (IllegalArgumentException e) {
            throw Problem.INVALID.because("a query that is not percent-encoded");
        }
    }
}
