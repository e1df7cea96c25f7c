package fanfare.gateway.node;

import fanfare.presence.NodeState;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which of the other gateways have a share in the browsers that are asked to move. One that is not ready has none, and one
 * that says it is may be out of browsers' reach all the same. So whenever some were asked, the emptiest must have more than
 * it had before it counts again; or they would be asked for its sake for ever, and never come to it. Pure; confined like
 * its {@link Rebalance}.
 */
final class Takers {
    /** Who is to show that newcomers come to it: the fewest connections that it had since, by incarnation. */
    private final Map<String, Integer> fewest = new HashMap<>();

    /** How many connections each that counts has, by incarnation. */
    Map<String, Integer> among(Map<String, NodeState> others) {
        fewest.keySet().retainAll(others.keySet());
        Map<String, Integer> takers = new LinkedHashMap<>();
        others.forEach((incarnation, gateway) -> {
            if (gateway.takesNewcomers() && grew(incarnation, gateway.connections())) {
                takers.put(incarnation, gateway.connections());
            }
        });
        return takers;
    }

    /** Browsers are asked to move, to the emptiest of these above all. */
    void sent(Map<String, Integer> takers) {
        takers.entrySet().stream()
                .min(Map.Entry.comparingByValue())
                .ifPresent(emptiest -> fewest.put(emptiest.getKey(), emptiest.getValue()));
    }

    private boolean grew(String incarnation, int connections) {
        Integer least = fewest.get(incarnation);
        if (least == null) {
            return true;
        }
        if (connections > least) {
            fewest.remove(incarnation);
            return true;
        }
        // Who only loses browsers is not reached either; the first that comes will show.
        fewest.put(incarnation, connections);
        return false;
    }
}
