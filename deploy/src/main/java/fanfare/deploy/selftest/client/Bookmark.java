package fanfare.deploy.selftest.client;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a client left off, and what it has had: fanfare.js's rule. */
final class Bookmark {
    private static final int EVENTS_KEPT = 1_000;
    /** For how long an id is one event of its channel [ms]. */
    private static final long ID_LIFETIME_MS = 120_000;

    private static final int HELLO_BYTES_MAX = 4_096;
    /** The only one that normal clients hear. */
    static final String NAMESPACE = "/selftest";

    /** Channel and id of the last events, oldest first -> when the publisher accepted it [ms since 1970]. */
    private final Map<String, Long> events = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > EVENTS_KEPT;
        }
    };

    private JsonObject positions = new JsonObject();
    private @Nullable String resume;

    /** Whether a hello asks to go on. */
    boolean canResume() {
        return resume != null;
    }

    JsonObject hello() {
        JsonObject hello = new JsonObject()
                .put("type", "hello")
                .put("protocol", 1)
                .put("namespaces", new JsonArray().add(NAMESPACE));
        if (resume == null) {
            return hello;
        }
        hello.put("resume", resume);
        JsonObject full = hello.copy().put("positions", positions);
        // Too much to say: the token alone then, and repeats are dropped by id.
        return full.encode().getBytes(StandardCharsets.UTF_8).length <= HELLO_BYTES_MAX ? full : hello;
    }

    /** A token stands for all that came before it, so positions of older events must not override it. */
    void renew(@Nullable String token) {
        resume = token;
        positions = new JsonObject();
    }

    /** Takes note of an event; false if it was had before. */
    boolean isNew(JsonObject event) {
        String channel = event.getString("channel");
        positions.put(channel, event.getString("position"));
        String name = channel + ' ' + event.getString("id");
        long acceptedMs = event.getLong("time");
        Long knownMs = events.get(name);
        if (knownMs != null && Math.abs(acceptedMs - knownMs) < ID_LIFETIME_MS) {
            return false;
        }
        events.remove(name);
        events.put(name, acceptedMs);
        return true;
    }
}
