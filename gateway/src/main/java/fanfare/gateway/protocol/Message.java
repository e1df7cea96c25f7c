package fanfare.gateway.protocol;

import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.receipt.Receipt;
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

    /** The text as lines of an event stream; made when first asked for. */
    private volatile @Nullable Buffer lines;

    /** The channel of a publication or gap, as browsers name it; null for what is neither. */
    private final @Nullable String channel;
    /** Where a browser is that has had it. */
    private final @Nullable Point point;
    /** What the message hands the browser to come back with. */
    private final @Nullable ResumeToken token;
    /** Where to report what becomes of it; null for nearly all, of which nobody asks. */
    private final @Nullable Receipt receipt;

    private Message(
            Buffer text,
            @Nullable String namespace,
            @Nullable String channel,
            @Nullable Position position,
            @Nullable ResumeToken token,
            @Nullable Receipt receipt) {
        this.text = text;
        this.namespace = namespace;
        this.channel = channel;
        this.point = position == null ? null : Point.after(position);
        this.token = token;
        this.receipt = receipt;
    }

    /** A publication on a channel. */
    public static Message of(Channel channel, Item item) {
        return new Message(
                item.event(), item.namespace(), channel.label(), item.position(), null, Receipt.of(channel, item));
    }

    /** Always the first thing that a browser hears; {@code recovered} is null on a fresh connection. */
    public static Message welcome(String connection, String node, @Nullable Boolean recovered, ResumeToken resume) {
        return handingOut(
                resume,
                new JsonObject()
                        .put("type", "welcome")
                        .put("connection", connection)
                        .put("user", resume.user())
                        .put("node", node)
                        .put("protocol", Commands.PROTOCOL)
                        .put("recovered", recovered));
    }

    /** Replaces the token of the welcome. */
    public static Message resume(ResumeToken resume) {
        return handingOut(resume, new JsonObject().put("type", "resume"));
    }

    public static Message pong() {
        return control(new JsonObject().put("type", "pong"));
    }

    /** Something older is lost for good; what is left follows. */
    public static Message gap(String channel) {
        JsonObject gap = new JsonObject().put("type", "gap").put("channel", channel);
        return new Message(gap.toBuffer(), null, channel, null, null, null);
    }

    /** Please come back in that time. */
    public static Message reconnect(long delayMs, String reason) {
        return control(
                new JsonObject().put("type", "reconnect").put("delay", delayMs).put("reason", reason));
    }

    public static Message error(String code, String message) {
        return control(new JsonObject().put("type", "error").put("code", code).put("message", message));
    }

    private static Message handingOut(ResumeToken resume, JsonObject json) {
        return new Message(json.put("resume", resume.encode()).toBuffer(), null, null, null, resume, null);
    }

    private static Message control(JsonObject json) {
        return new Message(json.toBuffer(), null, null, null, null, null);
    }

    public @Nullable String namespace() {
        return namespace;
    }

    public @Nullable String channel() {
        return channel;
    }

    /** Its place there. */
    public @Nullable Position position() {
        return point == null ? null : point.after();
    }

    /** Where a browser is that has had it; null for what has no place. */
    public @Nullable Point point() {
        return point;
    }

    public @Nullable ResumeToken token() {
        return token;
    }

    public @Nullable Receipt receipt() {
        return receipt;
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

    /** The text as {@code data:} lines of an event stream, one for each of its lines (HTML standard, 9.2.5). */
    public Buffer lines() {
        Buffer made = lines;
        if (made == null) {
            made = Buffer.buffer("data: ")
                    .appendString(text.toString().replaceAll("\\r\\n|\\r|\\n", "\ndata: "))
                    .appendString("\n");
            lines = made;
        }
        return made;
    }

    /** What it counts for in a queue [bytes]. */
    public int size() {
        return text.length();
    }
}
