package fanfare.deploy.bench;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** The books of what was published to whom. Confined to the event loop. */
final class Sent {
    private final int[] counts;
    private final long[] sums;
    private long notes;

    Sent(int users) {
        this.counts = new int[users];
        this.sums = new long[users];
    }

    /** One more to this user; returns its number, of which there is no other. */
    long next(int user) {
        notes++;
        counts[user]++;
        sums[user] += notes;
        return notes;
    }

    long notes() {
        return notes;
    }

    int to(int user) {
        return counts[user];
    }

    /** How many users did not hear just what was published to them, each once, by the browsers' own books. */
    int mismatches(JsonObject ledger) {
        JsonArray heard = ledger.getJsonArray("counts");
        JsonArray sumsHeard = ledger.getJsonArray("sums");
        int mismatches = 0;
        for (int user = 0; user < counts.length; user++) {
            if (heard.getInteger(user) != counts[user] || sumsHeard.getLong(user) != sums[user]) {
                mismatches++;
            }
        }
        return mismatches;
    }
}
