package fanfare.publisher.rate;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** Lets a request pass for one token of its key. Of one with a body it must have been read, since this may wait. */
public final class RateHandler implements Handler<RoutingContext> {
    private final RateLimits limits;

    public RateHandler(RateLimits limits) {
        this.limits = limits;
    }

    @Override
    public void handle(RoutingContext context) {
        limits.take(context, 1).onSuccess(taken -> context.next()).onFailure(context::fail);
    }
}
