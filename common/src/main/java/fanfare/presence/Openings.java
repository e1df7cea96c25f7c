package fanfare.presence;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * When the connections of a user began, by the incarnation of the gateway that has them, each oldest first [ms]. Pure.
 */
public record Openings(Map<String, List<Long>> byGateway) {
    private record Opening(long ms, String incarnation) {
        private static final Comparator<Opening> OLDEST_FIRST =
                Comparator.comparingLong(Opening::ms).thenComparing(Opening::incarnation);
    }

    /** How many of a gateway's must go, its oldest, so that the youngest {@code max} of all are left. */
    public int excess(String incarnation, int max) {
        List<Opening> all = new ArrayList<>();
        byGateway.forEach((gateway, times) -> times.forEach(ms -> all.add(new Opening(ms, gateway))));
        all.sort(Opening.OLDEST_FIRST);
        return (int) all.subList(0, Math.max(0, all.size() - max)).stream()
                .filter(opening -> opening.incarnation().equals(incarnation))
                .count();
    }
}
