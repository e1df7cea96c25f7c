package fanfare.deploy.bench.audience;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Each note that came: to whom, when it was published and how long it took. For paces at which that is not much. */
final class Arrivals {
    private JsonArray users = new JsonArray();
    /** On the clock of {@link System#nanoTime}. */
    private JsonArray published = new JsonArray();

    private JsonArray millis = new JsonArray();

    void add(int user, long publishedNanos, long nowNanos) {
        users.add(user);
        published.add(publishedNanos);
        millis.add((nowNanos - publishedNanos) / 1e6);
    }

    /** Those since the last time. */
    JsonObject take() {
        JsonObject taken = new JsonObject()
                .put("users", users)
                .put("publishedNanos", published)
                .put("millis", millis);
        users = new JsonArray();
        published = new JsonArray();
        millis = new JsonArray();
        return taken;
    }
}
