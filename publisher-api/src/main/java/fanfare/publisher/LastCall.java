package fanfare.publisher;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;

/**
 * Once it is made, each answer says that it is the last on its connection. Otherwise a caller learns of a stop by a reset, and
 * does not know what became of the request that it has just sent. Safe on any thread.
 */
final class LastCall implements Handler<RoutingContext> {
    private volatile boolean made;

    void make() {
        made = true;
    }

    boolean isMade() {
        return made;
    }

    @Override
    public void handle(RoutingContext context) {
        context.addHeadersEndHandler(head -> {
            if (made) {
                context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
        });
        context.next();
    }
}
