package fanfare.deploy.selftest.ledger;

import java.util.List;

/**
 * What a ledger has to say in the end.
 *
 * @param acknowledged publications that a publisher answered with 2xx
 * @param delivered to applications, each publication once per client
 * @param lost acknowledged, due to a client, never delivered, and the client was not told
 * @param told the same, but the client was told that something is missing
 * @param duplicated delivered to an application more than once
 * @param duplicatedOnWire arrived at a client more than once, whatever became of it there
 * @param repeated the part of these that no fail-over explains: on the same connection, or long after one
 * @param outOfOrder delivered after something that the same caller published later on the same channel
 * @param longestDelayMs from the first attempt to publish to the delivery
 * @param examples a few sentences about what was lost, duplicated or out of order
 */
public record Verdict(
        int acknowledged,
        long delivered,
        int lost,
        int told,
        int duplicated,
        int duplicatedOnWire,
        int repeated,
        int outOfOrder,
        long longestDelayMs,
        List<String> examples) {
    /** Whether the guarantee held. */
    public boolean isKept() {
        return lost == 0 && duplicated == 0 && repeated == 0 && outOfOrder == 0;
    }
}
