package fanfare.presence;

import io.vertx.core.json.JsonObject;

/**
 * What a gateway says of itself in its lease.
 *
 * @param address where other gateways reach it
 */
public record NodeState(String node, String address, int connections, int users, boolean draining, String version) {
    /** Whether a gateway's key holds its lease, and not what stands in its place once it was reaped or given up. */
    public static boolean isLease(String value) {
        return value.startsWith("{");
    }

    /** Reads what {@link #toJson} wrote, perhaps in another version. */
    static NodeState parse(String text) {
        JsonObject json = new JsonObject(text);
        return new NodeState(
                json.getString("node", ""),
                json.getString("address", ""),
                json.getInteger("connections", 0),
                json.getInteger("users", 0),
                json.getBoolean("draining", false),
                json.getString("version", ""));
    }

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
