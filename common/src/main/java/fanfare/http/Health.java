package fanfare.http;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Named checks that say whether this process should be sent work. Checks are asked on the management port's loop, and any other. */
public final class Health {
    /** Outcome of one check; the detail is for people. */
    public record Check(boolean up, String detail) {}

    private final Map<String, Supplier<Check>> checks = new ConcurrentHashMap<>();

    public void readiness(String name, Supplier<Check> check) {
        checks.put(name, check);
    }

    /** Whether all checks are up; may be asked on any thread. */
    public boolean isReady() {
        return checks.values().stream().allMatch(check -> check.get().up());
    }

    JsonObject readiness() {
        Map<String, Object> outcomes = new LinkedHashMap<>();
        checks.forEach((name, check) -> {
            Check outcome = check.get();
            outcomes.put(
                    name, new JsonObject().put("status", word(outcome.up())).put("detail", outcome.detail()));
        });
        return new JsonObject().put("status", word(isReady())).put("checks", new JsonObject(outcomes));
    }

    static String word(boolean up) {
        return up ? "up" : "down";
    }
}
