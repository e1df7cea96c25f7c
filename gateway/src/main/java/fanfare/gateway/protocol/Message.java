package fanfare.gateway.protocol;

import fanfare.channel.Item;
import fanfare.channel.Position;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A JSON text on its way to browsers. One message is shared by all of its receivers, and so are its encodings: it is
 * encoded once a framing, never once a connection.
 */
public final class Message {
    /** The text as it stands. */
    private final Buffer text;
    /** Decides who wants to hear it; null for what everybody does. */
    private final @Nullable String namespace;
    /** The text as a JSON string; made when first asked for. Two loops may both make it: they make the same. */
    private volatile @Nullable Buffer quoted;

    /** Its place in its channel; null for what has none. */
    private final @Nullable Position position;

    private Message(Buffer text, @Nullable String namespace, @Nullable Position position) {
        this.text = text;
        this.namespace = namespace;
        this.position = position;
    }

    public static Message of(Item item) {
        return new Message(item.event(), item.namespace(), item.position());
    }

    /** Always the first thing that a browser hears; {@code recovered} is null on a fresh connection. */
    public static Message welcome(String connection, String node, @Nullable Boolean recovered, ResumeToken resume) {
        return control(new JsonObject()
                .put("type", "welcome")
                .put("connection", connection)
                .put("user", resume.user())
                .put("node", node)
                .put("protocol", Commands.PROTOCOL)
                .put("recovered", recovered)
                .put("resume", resume.encode()));
    }

    /** Replaces the token of the welcome. */
    public static Message resume(ResumeToken resume) {
        return control(new JsonObject().put("type", "resume").put("resume", resume.encode()));
    }

    public static Message pong() {
        return control(new JsonObject().put("type", "pong"));
    }

    /** Something older is lost for good; what is left follows. */
    public static Message gap(String channel) {
        return control(new JsonObject().put("type", "gap").put("channel", channel));
    }

    public static Message error(String code, String message) {
        return control(new JsonObject().put("type", "error").put("code", code).put("message", message));
    }

    private static Message control(JsonObject json) {
        return new Message(json.toBuffer(), null, null);
    }

    public @Nullable String namespace() {
        return namespace;
    }

    public @Nullable Position position() {
        return position;
    }

    public Buffer text() {
        return text;
    }

    /** The text as a JSON string, quotes included, escaped so that every SockJS transport can carry it. */
    public Buffer quoted() {
        Buffer made = quoted;
        if (made == null) {
            made = Quoting.quote(text);
            quoted = made;
        }
        return made;
    }

    /** What it counts for in a queue [bytes]. */
    public int size() {
        return text.length();
    }
}
