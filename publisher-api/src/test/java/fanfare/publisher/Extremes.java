package fanfare.publisher;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Values just within and just beyond what a JSON schema allows for one field. */
final class Extremes {
    record Extreme(Object value, boolean fits) {}

    private static final Pattern LENGTH = Pattern.compile("\\{1,(\\d+)}\\$$");

    private Extremes() {}

    /** @param sample a value of the field, an element of which makes up arrays; null if there is none */
    static List<Extreme> of(JsonObject schema, @Nullable Object sample) {
        List<Extreme> extremes = new ArrayList<>();
        Integer length = schema.getInteger("maxLength");
        Matcher pattern = LENGTH.matcher(schema.getString("pattern", ""));
        if (pattern.find()) {
            length = Integer.valueOf(pattern.group(1));
            extremes.add(new Extreme("", false));
        }
        if (length != null) {
            extremes.add(new Extreme("x".repeat(length), true));
            extremes.add(new Extreme("x".repeat(length + 1), false));
            extremes.add(new Extreme(1, false));
        }
        if (schema.containsKey("minLength")) {
            extremes.add(new Extreme("", false));
        }
        for (String end : List.of("minimum", "maximum")) {
            Integer number = schema.getInteger(end);
            if (number != null) {
                extremes.add(new Extreme(number, true));
                extremes.add(new Extreme(end.equals("minimum") ? number - 1 : number + 1, false));
            }
        }
        Integer items = schema.getInteger("maxItems");
        if (items != null) {
            extremes.add(new Extreme(array(items, sample), true));
            extremes.add(new Extreme(array(items + 1, sample), false));
            extremes.add(new Extreme(array(0, sample), !schema.containsKey("minItems")));
        }
        schema.getJsonArray("enum", new JsonArray()).forEach(word -> extremes.add(new Extreme(word, true)));
        if (schema.containsKey("enum")) {
            extremes.add(new Extreme("no such word", false));
        }
        if (schema.containsKey("const")) {
            extremes.add(new Extreme(schema.getValue("const"), true));
            extremes.add(new Extreme(false, false));
        }
        return extremes;
    }

    private static JsonArray array(int length, @Nullable Object sample) {
        boolean objects = sample instanceof JsonArray elements && elements.getValue(0) instanceof JsonObject;
        return new JsonArray(IntStream.range(0, length)
                .mapToObj(i -> objects ? ((JsonArray) sample).getValue(0) : "id-" + i)
                .collect(Collectors.toList()));
    }
}
