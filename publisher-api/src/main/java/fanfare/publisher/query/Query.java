package fanfare.publisher.query;

import fanfare.http.Problem;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The fields of a request's query. Each refusal names the field. */
public final class Query {
    private static final Pattern DIGITS = Pattern.compile("\\d{1,9}");

    private Query() {}

    /** The field as it was sent, null if it was not or is empty, as forms send what nobody filled in. */
    public static @Nullable String text(RoutingContext context, String name) {
        List<String> values = context.queryParam(name);
        if (values.size() > 1) {
            throw Problem.INVALID.of(name, "stands there twice");
        }
        return values.isEmpty() || values.get(0).isEmpty() ? null : values.get(0);
    }

    /** A whole number, {@code otherwise} if the field was not sent or is empty. */
    public static int whole(RoutingContext context, String name, int min, int max, int otherwise) {
        String text = text(context, name);
        if (text == null) {
            return otherwise;
        }
        int value = DIGITS.matcher(text).matches() ? Integer.parseInt(text) : -1;
        if (value < min || value > max) {
            throw Problem.INVALID.of(name, "must be a whole number from " + min + " to " + max);
        }
        return value;
    }
}
