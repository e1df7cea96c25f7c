package fanfare.channel;

import io.vertx.core.json.Json;

/** Texts as JSON. Most have nothing to escape, and are spared a generator of their own. */
public final class JsonString {
    private JsonString() {}

    /** The text in quotes, escaped as the library escapes. */
    public static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return Json.encode(text);
            }
        }
        return '"' + text + '"';
    }
}
