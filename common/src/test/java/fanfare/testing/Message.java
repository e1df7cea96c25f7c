package fanfare.testing;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** A JSON text that the server sent; the text is kept as it came, since that is what some tests are about. */
public record Message(String text) implements Heard {
    public JsonObject json() {
        return new JsonObject(text);
    }

    public @Nullable String type() {
        return json().getString("type");
    }

    /** The member {@code name}, which must be there and be a string. */
    public String string(String name) {
        String value = json().getString(name);
        if (value == null) {
            throw new AssertionError("no " + name + " in " + text);
        }
        return value;
    }
}
