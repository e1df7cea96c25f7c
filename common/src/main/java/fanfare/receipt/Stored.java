package fanfare.receipt;

import io.vertx.core.json.JsonObject;

/**
 * What the publisher knows of a publication that a channel has taken.
 *
 * @param serverMs when Redis took it, on Redis' clock [ms]
 * @param expiresMs when it is no longer worth delivering, on Redis' clock [ms]
 * @param routed gateways that held the channel at that instant
 */
public record Stored(String position, long serverMs, long expiresMs, int routed, String namespace, String event) {
    String encode() {
        return new JsonObject()
                .put("position", position)
                .put("stored", serverMs)
                .put("expires", expiresMs)
                .put("routed", routed)
                .put("namespace", namespace)
                .put("event", event)
                .encode();
    }

    static Stored decode(String text) {
        JsonObject json = new JsonObject(text);
        return new Stored(
                json.getString("position"),
                json.getLong("stored"),
                json.getLong("expires"),
                json.getInteger("routed"),
                json.getString("namespace"),
                json.getString("event"));
    }
}
