package fanfare.gateway.protocol;

import fanfare.channel.Position;
import fanfare.channel.Publication;
import io.vertx.core.MultiMap;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads what browsers send. */
public final class Commands {
    /** The version of the protocol spoken here. */
    public static final int PROTOCOL = 1;

    private static final int NO_PROTOCOL = 0;

    /** How long a message may be, in bytes of UTF-8, after its transport's wrapping is taken off. */
    public static final int BYTES_MAX = 4_096;

    /** How many publications one message may acknowledge. */
    public static final int IDS_MAX = 200;

    private Commands() {}

    /** The command in a message; null if it is too long or not a JSON object, which ends the session. */
    public static @Nullable Command decode(String text) {
        if (text.length() > BYTES_MAX || text.getBytes(StandardCharsets.UTF_8).length > BYTES_MAX) {
            return null;
        }
        JsonObject message;
        try {
            message = new JsonObject(text);
        } catch (DecodeException | ClassCastException e) {
            return null;
        }
        Object type = message.getValue("type");
        if ("ping".equals(type)) {
            return new Command.Ping();
        }
        if ("ack".equals(type)) {
            return new Command.Ack(message.getValue("ids") instanceof JsonArray ids ? ids(ids) : List.of());
        }
        if ("hello".equals(type)) {
            return new Command.Hello(
                    protocol(message.getValue("protocol", PROTOCOL)),
                    message.getValue("namespaces") instanceof JsonArray names ? texts(names) : null,
                    message.getValue("resume") instanceof String token ? token : null,
                    message.getValue("positions") instanceof JsonObject seen ? positions(seen) : Map.of(),
                    Boolean.TRUE.equals(message.getValue("inbox")));
        }
        return new Command.Unknown();
    }

    /** Nothing but the number itself is a version; what is not a whole number is none, and so none that is spoken here. */
    private static int protocol(@Nullable Object said) {
        if (said instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        return NO_PROTOCOL;
    }

    /** The hello that stands in the address of a connection; what cannot be read counts as not said. */
    public static Command.Hello query(MultiMap parameters) {
        String namespaces = parameters.get("namespaces");
        Set<String> wanted = namespaces == null
                ? null
                : Arrays.stream(namespaces.split(","))
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
        Command.Hello hello = new Command.Hello(
                PROTOCOL,
                wanted,
                parameters.get("resume"),
                positions(parameters.get("positions")),
                "true".equals(parameters.get("inbox")));
        // Most say no more than that they will say nothing, and each is kept for as long as its connection.
        return hello.equals(Command.Hello.SILENT) ? Command.Hello.SILENT : hello;
    }

    private static Map<String, Position> positions(@Nullable String text) {
        if (text == null || text.length() > BYTES_MAX) {
            return Map.of();
        }
        try {
            return positions(new JsonObject(text));
        } catch (DecodeException | ClassCastException e) {
            return Map.of();
        }
    }

    private static Map<String, Position> positions(JsonObject seen) {
        Map<String, Position> positions = new HashMap<>();
        seen.forEach(entry -> {
            Position position = entry.getValue() instanceof String text ? Position.parse(text) : null;
            if (position != null) {
                positions.put(entry.getKey(), position);
            }
        });
        return positions;
    }

    /** What no publication can have for an id is left out. */
    private static List<String> ids(JsonArray ids) {
        return ids.stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .filter(Publication::isId)
                .limit(IDS_MAX)
                .toList();
    }

    private static Set<String> texts(JsonArray names) {
        return names.stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .collect(Collectors.toUnmodifiableSet());
    }
}
