package fanfare.presence;

import io.vertx.core.json.JsonObject;

/**
 * What a gateway says of itself in its lease.
 *
 * @param address where other gateways reach it
 * @param ready whether it is to be sent browsers, as {@code /readyz} says
 */
public record NodeState(
        String node, String address, int connections, int users, boolean ready, boolean draining, String version) {
    /** Whether newcomers may be meant for it. */
    public boolean takesNewcomers() {
        return ready && !draining;
    }

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
                // One that does not say so yet did not say when it was not.
                json.getBoolean("ready", true),
                json.getBoolean("draining", false),
                json.getString("version", ""));
    }

    String toJson() {
        return new JsonObject()
                .put("node", node)
                .put("address", address)
                .put("connections", connections)
                .put("users", users)
                .put("ready", ready)
                .put("draining", draining)
                .put("version", version)
                .encode();
    }
}
