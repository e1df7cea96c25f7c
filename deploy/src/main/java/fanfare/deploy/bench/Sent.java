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

    /** One note to the first so many users; returns its number. */
    long nextToAll(int users) {
        notes += users;
        for (int user = 0; user < users; user++) {
            counts[user]++;
            sums[user] += notes;
        }
        return notes;
    }

    /** How many browsers are to hear one, in all. */
    long notes() {
        return notes;
    }

    int to(int user) {
        return counts[user];
    }

    /**
     * How many users did not hear just what was published to them, each once, by the browsers' own books, which begin with
     * that user.
     */
    int mismatches(JsonObject ledger, int first) {
        JsonArray heard = ledger.getJsonArray("counts");
        JsonArray sumsHeard = ledger.getJsonArray("sums");
        int mismatches = 0;
        for (int i = 0; i < heard.size(); i++) {
            if (heard.getInteger(i) != counts[first + i] || sumsHeard.getLong(i) != sums[first + i]) {
                mismatches++;
            }
        }
        return mismatches;
    }
}
