package fanfare.publisher.presence;

import fanfare.presence.OnlinePage;
import fanfare.presence.OnlinePage.Place;
import fanfare.presence.OnlineWalk;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.query.Query;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /v1/presence}: who is connected, a page at a time. */
public final class OnlineUsersHandler implements Handler<RoutingContext> {
    private static final int LIMIT_MAX = 1_000;
    private static final int LIMIT_DEFAULT = 100;

    private final OnlineWalk walk;
    private final RateLimits rates;

    public OnlineUsersHandler(OnlineWalk walk, RateLimits rates) {
        this.walk = walk;
        this.rates = rates;
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.PRESENCE_READ.require(context);
        int limit = Query.whole(context, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT);
        String cursor = Query.text(context, "cursor");
        Place place = cursor == null ? Place.START : OnlineCursor.place(cursor);
        rates.take(context, 1)
                .compose(taken -> walk.page(place, limit))
                .map(OnlineUsersHandler::describe)
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private static JsonObject describe(OnlinePage page) {
        Place next = page.next();
        return new JsonObject()
                .put("users", new JsonArray(page.users()))
                .put("cursor", next == null ? null : OnlineCursor.of(next));
    }
}
