package fanfare.publisher.history;

import fanfare.channel.Item;
import fanfare.publisher.json.JsonBody;
import io.vertx.core.json.Json;
import org.jspecify.annotations.Nullable;

/**
 * A publication as its user's inbox keeps it.
 *
 * @param data JSON text, cut out as it stands there
 */
record KeptPublication(Item item, String event, String data) {
    static KeptPublication of(Item item) {
        JsonBody json = JsonBody.of(item.event());
        Reader reader = new Reader(json);
        json.read(reader);
        if (reader.event == null || reader.data == null) {
            throw new IllegalStateException("no event at " + item.position());
        }
        return new KeptPublication(item, reader.event, reader.data);
    }

    String toJson() {
        return "{\"id\":" + Json.encode(item.id())
                + ",\"position\":\"" + item.position()
                + "\",\"namespace\":" + Json.encode(item.namespace())
                + ",\"event\":" + Json.encode(event)
                + ",\"data\":" + data
                + ",\"time\":" + item.serverMs() + "}";
    }

    /** What only the payload has; the header has the rest. */
    private static final class Reader implements JsonBody.Fields {
        private final JsonBody json;
        private @Nullable String event;
        private @Nullable String data;

        Reader(JsonBody json) {
            this.json = json;
        }

        @Override
        public boolean read(String name, String path) {
            switch (name) {
                case "event" -> event = json.text(path);
                case "data" -> data = json.verbatim(path, JsonBody.BYTES_MAX);
                default -> {
                    return false;
                }
            }
            return true;
        }
    }
}
