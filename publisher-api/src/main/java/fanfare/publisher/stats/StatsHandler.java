package fanfare.publisher.stats;

import fanfare.presence.Gateways;
import fanfare.presence.NodeState;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/** {@code GET /v1/stats}: which gateways there are, and what they hold. */
public final class StatsHandler implements Handler<RoutingContext> {
    private final Gateways gateways;
    private final RateLimits rates;

    public StatsHandler(Gateways gateways, RateLimits rates) {
        this.gateways = gateways;
        this.rates = rates;
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.PRESENCE_READ.require(context);
        rates.take(context, 1)
                .compose(taken -> gateways.living())
                .map(StatsHandler::describe)
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private static JsonObject describe(List<NodeState> living) {
        return new JsonObject()
                .put(
                        "connections",
                        living.stream().mapToLong(NodeState::connections).sum())
                .put("users", living.stream().mapToLong(NodeState::users).sum())
                .put(
                        "gateways",
                        new JsonArray(
                                living.stream().map(StatsHandler::describe).toList()));
    }

    /** Where a gateway is reached is no business of a site. */
    private static JsonObject describe(NodeState gateway) {
        return new JsonObject()
                .put("node", gateway.node())
                .put("connections", gateway.connections())
                .put("users", gateway.users())
                .put("draining", gateway.draining())
                .put("version", gateway.version());
    }
}
