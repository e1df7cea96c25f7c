package fanfare.deploy.bench;

import io.vertx.core.json.JsonObject;

/**
 * What a benchmark found.
 *
 * @param complete whether all that was to arrive has arrived; speed is never judged
 */
record Outcome(Table table, JsonObject json, boolean complete) {
    /** As many digits of a figure as {@link #json} shows. */
    static double rounded(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}
