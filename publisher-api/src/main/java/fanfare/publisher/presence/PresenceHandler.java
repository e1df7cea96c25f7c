package fanfare.publisher.presence;

import fanfare.presence.PresenceReader;
import fanfare.presence.UserPresence;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.json.Rules;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;

/** {@code GET /v1/users/{user}/presence}: whether one user is online, where, and since when. */
public final class PresenceHandler implements Handler<RoutingContext> {
    private final PresenceReader presence;
    private final RateLimits rates;

    public PresenceHandler(PresenceReader presence, RateLimits rates) {
        this.presence = presence;
        this.rates = rates;
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.PRESENCE_READ.require(context);
        String user = Rules.user("user", Objects.requireNonNullElse(context.pathParam("user"), ""));
        rates.take(context, 1)
                .compose(taken -> presence.of(user))
                .map(PresenceHandler::describe)
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private static JsonObject describe(UserPresence found) {
        return new JsonObject()
                .put("user", found.user())
                .put("online", found.online())
                .put("connections", found.connections())
                .put("nodes", found.nodes())
                .put("since", found.since())
                .put("lastSeen", found.lastSeen());
    }
}
