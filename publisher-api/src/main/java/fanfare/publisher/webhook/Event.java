package fanfare.publisher.webhook;

import fanfare.redis.StreamId;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Response;

/**
 * An entry of a bucket's stream.
 *
 * @param tag the bucket's
 */
record Event(String tag, StreamId place, Change change, String user) {
    enum Change {
        ONLINE("user.online"),
        OFFLINE("user.offline"),
        /** Only marks a place in the stream, or is of a kind that a later version knows. */
        NONE("");

        private final String type;

        Change(String type) {
            this.type = type;
        }
    }

    static Event parse(String tag, Response entry) {
        Change change = Change.NONE;
        String user = "";
        Response fields = entry.get(1);
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            String value = fields.get(i + 1).toString();
            switch (fields.get(i).toString()) {
                case "type" ->
                    change = switch (value) {
                        case "online" -> Change.ONLINE;
                        case "offline" -> Change.OFFLINE;
                        default -> Change.NONE;
                    };
                case "user" -> user = value;
                default -> {}
            }
        }
        return new Event(tag, StreamId.of(entry.get(0)), change, user);
    }

    /** As the site is told. Ids of one user's events grow, compared as text: all of a user is in one stream. */
    JsonObject toJson() {
        return new JsonObject()
                .put("id", "%013d-%06d-%s".formatted(place.time(), place.sequence(), tag))
                .put("type", change.type)
                .put("user", user)
                .put("time", place.time());
    }
}
