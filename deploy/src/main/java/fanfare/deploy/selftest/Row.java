package fanfare.deploy.selftest;

import fanfare.deploy.selftest.ledger.Verdict;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * The outcome of one fault.
 *
 * @param disconnects close code -> how often it ended a connection that was in, but for those that the fault itself ended
 * @param broken promises beside the books that were not kept
 */
record Row(
        Fault fault,
        double seconds,
        Verdict verdict,
        Map<Integer, Integer> disconnects,
        List<String> broken,
        List<String> remarks) {
    boolean isKept() {
        return verdict.isKept() && broken.isEmpty();
    }

    int disconnected() {
        return disconnects.values().stream().mapToInt(Integer::intValue).sum();
    }

    JsonObject json() {
        JsonObject codes = new JsonObject();
        disconnects.forEach((code, count) -> codes.put(Integer.toString(code), count));
        return new JsonObject()
                .put("fault", fault.label())
                .put("ok", isKept())
                .put("seconds", Math.round(seconds * 10) / 10.0)
                .put("published", verdict.acknowledged())
                .put("delivered", verdict.delivered())
                .put("lost", verdict.lost())
                .put("told", verdict.told())
                .put("duplicated", verdict.duplicated())
                .put("duplicatedOnWire", verdict.duplicatedOnWire())
                .put("repeated", verdict.repeated())
                .put("outOfOrder", verdict.outOfOrder())
                .put("disconnects", codes)
                .put("longestDelayMs", verdict.longestDelayMs())
                .put("broken", new JsonArray(broken));
    }
}
