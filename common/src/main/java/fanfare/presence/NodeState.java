package fanfare.presence;

import io.vertx.core.json.JsonObject;

/**
 * What a gateway says of itself in its lease.
 *
 * @param address where other gateways reach it
 */
public record NodeState(String node, String address, int connections, int users, boolean draining, String version) {
    String toJson() {
        return new JsonObject()
                .put("node", node)
                .put("address", address)
                .put("connections", connections)
                .put("users", users)
                .put("draining", draining)
                .put("version", version)
                .encode();
    }
}
