package fanfare.control;

import fanfare.channel.LegibleText;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order to end a user's connections.
 *
 * @param session only those of this session of the site; null: all
 * @param code WebSocket close code, 4100 to 4199
 * @param except ids of connections that stay
 */
public record Disconnect(String user, @Nullable String session, int code, String reason, List<String> except) {
    /** How long a session's name may be, in characters. */
    public static final int SESSION_LENGTH_MAX = 1_024;

    private static final String TYPE = "disconnect";

    public Disconnect {
        except = List.copyOf(except);
    }

    /** Whether a session of the site can be named: 1 to 1,024 characters, none a control character. */
    public static boolean isSession(String name) {
        return LegibleText.is(name, 1, SESSION_LENGTH_MAX);
    }

    public String toJson() {
        JsonObject json = new JsonObject()
                .put("type", TYPE)
                .put("user", user)
                .put("code", code)
                .put("reason", reason)
                .put("except", new JsonArray(except));
        return (session == null ? json : json.put("session", session)).encode();
    }

    /** Null if this is no such order, for instance one of a later version. */
    public static @Nullable Disconnect parse(String text) {
        try {
            if (!(Json.decodeValue(text) instanceof JsonObject json) || !TYPE.equals(json.getValue("type"))) {
                return null;
            }
            String user = json.getString("user");
            Integer code = json.getInteger("code");
            if (user == null || code == null) {
                return null;
            }
            List<String> except = json.getJsonArray("except", new JsonArray()).stream()
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .toList();
            return new Disconnect(user, json.getString("session"), code, json.getString("reason", ""), except);
        } catch (DecodeException | ClassCastException e) {
            return null;
        }
    }
}
