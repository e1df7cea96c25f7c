package fanfare.publisher.json;

import fanfare.channel.Channel;
import fanfare.channel.LegibleText;
import fanfare.channel.Publication;
import fanfare.http.Problem;
import java.util.LinkedHashSet;
import java.util.Set;

/** What the fields that several calls share must look like. Each rule hands the value back or refuses the field. */
public final class Rules {
    /** Users that one request may name. */
    public static final int USERS_MAX = 1_000;

    private Rules() {}

    public static String user(String path, String id) {
        if (!Channel.isUser(id)) {
            throw Problem.INVALID.of(path, "must be 1 to 128 printable ASCII characters without space");
        }
        return id;
    }

    /** Reads user ids in the order of their first mention; a repeated one counts once. */
    public static Set<String> users(JsonBody json, String path) {
        Set<String> users = new LinkedHashSet<>();
        json.array(path, element -> {
            users.add(user(element, json.text(element)));
            if (users.size() > USERS_MAX) {
                throw Problem.INVALID.of(path, "must name at most " + USERS_MAX + " users");
            }
        });
        return users;
    }

    public static String id(String path, String id) {
        if (!Publication.isId(id)) {
            throw Problem.INVALID.of(path, "must be 1 to 128 printable ASCII characters");
        }
        return id;
    }

    /** A text for people or programs: Unicode without control characters. */
    public static String text(String path, String text, int lengthMin, int lengthMax) {
        if (!LegibleText.is(text, lengthMin, lengthMax)) {
            throw Problem.INVALID.of(
                    path, "must be %d to %d characters, none a control character".formatted(lengthMin, lengthMax));
        }
        return text;
    }
}
