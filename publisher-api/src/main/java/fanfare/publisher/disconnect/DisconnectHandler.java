package fanfare.publisher.disconnect;

import fanfare.control.ControlWriter;
import fanfare.control.Disconnect;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /v1/disconnect}: has every gateway end a user's connections, or those of one of the site's sessions. */
public final class DisconnectHandler implements Handler<RoutingContext> {
    private final ControlWriter control;
    private final RateLimits rates;
    private final UnknownFields unknownFields;

    public DisconnectHandler(ControlWriter control, RateLimits rates, UnknownFields unknownFields) {
        this.control = control;
        this.rates = rates;
        this.unknownFields = unknownFields;
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.DISCONNECT.require(context);
        Disconnect disconnect = unknownFields.read(context, "disconnect", DisconnectRequest::parse);
        rates.take(context, 1)
                .compose(taken -> control.disconnect(disconnect))
                .onSuccess(done -> context.json(new JsonObject().put("requested", true)))
                .onFailure(context::fail);
    }
}
