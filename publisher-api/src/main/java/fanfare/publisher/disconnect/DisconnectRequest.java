package fanfare.publisher.disconnect;

import fanfare.control.Disconnect;
import fanfare.http.Problem;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.json.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the body of a disconnect, checking every field. */
final class DisconnectRequest implements JsonBody.Fields {
    /** Codes that a page's client takes for "do not come back by yourself". */
    private static final int CODE_MIN = 4_100;

    private static final int CODE_MAX = 4_199;
    /** Disconnected by the site. */
    private static final int CODE_DEFAULT = 4_103;
    /** In ASCII they fit into a WebSocket close frame beside the code (RFC 6455, 5.5); of others gateways cut the end off. */
    private static final int REASON_LENGTH_MAX = 120;

    private static final int EXCEPT_MAX = 1_000;

    private final JsonBody json;
    private final List<String> except = new ArrayList<>();
    private @Nullable String user;
    private @Nullable String session;
    private int code = CODE_DEFAULT;
    private String reason = "disconnected by the site";

    private DisconnectRequest(JsonBody json) {
        this.json = json;
    }

    static Disconnect parse(JsonBody json) {
        DisconnectRequest request = new DisconnectRequest(json);
        json.read(request);
        if (request.user == null) {
            throw Problem.INVALID.of("user", "is missing");
        }
        return new Disconnect(request.user, request.session, request.code, request.reason, List.copyOf(request.except));
    }

    @Override
    public boolean read(String name, String path) {
        switch (name) {
            case "user" -> user = Rules.user(path, json.text(path));
            case "session" -> session = Rules.text(path, json.text(path), 1, Disconnect.SESSION_LENGTH_MAX);
            case "code" -> code = json.whole(path, CODE_MIN, CODE_MAX);
            case "reason" -> reason = Rules.text(path, json.text(path), 0, REASON_LENGTH_MAX);
            case "except" ->
                json.array(path, element -> {
                    if (except.size() == EXCEPT_MAX) {
                        throw Problem.INVALID.of(path, "must name at most " + EXCEPT_MAX + " connections");
                    }
                    except.add(Rules.id(element, json.text(element)));
                });
            default -> {
                return false;
            }
        }
        return true;
    }
}
