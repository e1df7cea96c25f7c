package fanfare.publisher.messages;

import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.json.Rules;
import fanfare.publisher.rate.RateLimits;
import fanfare.receipt.Delivery;
import fanfare.receipt.ReceiptReader;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Objects;

/** {@code GET /v1/messages/{id}}: what became of a publication for which a receipt was asked, by channel and connection. */
public final class MessageHandler implements Handler<RoutingContext> {
    private final ReceiptReader receipts;
    private final RateLimits rates;

    public MessageHandler(ReceiptReader receipts, RateLimits rates) {
        this.receipts = receipts;
        this.rates = rates;
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.HISTORY_READ.requireSome(context);
        String id = Rules.id("id", Objects.requireNonNullElse(context.pathParam("id"), ""));
        rates.take(context, 1)
                .compose(taken -> receipts.read(id))
                .map(deliveries -> describe(id, visible(context, deliveries)))
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private static List<Delivery> visible(RoutingContext context, List<Delivery> deliveries) {
        List<Delivery> visible = deliveries.stream()
                .filter(each ->
                        Permission.HISTORY_READ.covers(context, each.stored().namespace()))
                .toList();
        if (visible.isEmpty()) {
            throw Problem.NOT_FOUND.because(
                    "there is no receipt: none was asked for this id, its time is over, or the key"
                            + " may not read its namespace");
        }
        return visible;
    }

    private static JsonObject describe(String id, List<Delivery> deliveries) {
        JsonArray channels = new JsonArray();
        deliveries.forEach(each -> channels.add(describe(each)));
        return new JsonObject()
                .put("id", id)
                .put("channels", channels)
                .put("omitted", deliveries.stream().mapToInt(Delivery::omitted).sum());
    }

    private static JsonObject describe(Delivery delivery) {
        Channel channel = delivery.channel();
        boolean toUser = channel.kind() == Channel.Kind.USER;
        JsonObject json = new JsonObject().put("channel", channel.label());
        if (toUser) {
            json.put("user", channel.name());
        }
        JsonArray gateways = new JsonArray();
        delivery.gateways()
                .forEach(each -> gateways.add(new JsonObject()
                        .put("node", each.node())
                        .put("sessions", each.sessions())
                        .put("time", each.ms())));
        JsonArray connections = new JsonArray();
        delivery.connections().forEach(each -> connections.add(describe(each, !toUser)));
        return json.put("namespace", delivery.stored().namespace())
                .put("event", delivery.stored().event())
                .put("position", delivery.stored().position())
                .put("stored", delivery.stored().serverMs())
                .put("expires", delivery.stored().expiresMs())
                .put("routed", delivery.stored().routed())
                .put("state", delivery.state().label())
                .put("written", delivery.written())
                .put("acknowledged", delivery.acknowledged())
                .put("notDelivered", delivery.notDelivered())
                .put("gateways", gateways)
                .put("connections", connections);
    }

    private static JsonObject describe(Delivery.Connection connection, boolean withUser) {
        JsonObject json = new JsonObject().put("connection", connection.connection());
        if (withUser) {
            json.put("user", connection.user());
        }
        json.put("node", connection.node())
                .put("transport", connection.transport())
                .put("state", connection.state().label());
        if (connection.reason() != null) {
            return json.put("reason", connection.reason().label()).put("time", connection.ms());
        }
        json.put("written", connection.ms());
        return connection.acknowledgedMs() == null ? json : json.put("acknowledged", connection.acknowledgedMs());
    }
}
