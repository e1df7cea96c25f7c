package fanfare.gateway.node;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.presence.NodeState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TakersTest {
    private final Takers takers = new Takers();

    @Test
    void whoIsNotReadyOrDrainsDoesNotCount() {
        Map<String, NodeState> others =
                Map.of("a", gateway(5, true, false), "b", gateway(0, false, false), "c", gateway(7, true, true));
        assertThat(takers.among(others)).isEqualTo(Map.of("a", 5));
    }

    @Test
    void theEmptiestCountsAgainWhenNewcomersHaveComeToIt() {
        takers.sent(Map.of("a", 0, "b", 9));
        assertThat(among(0, 9)).isEqualTo(Map.of("b", 9));
        assertThat(among(0, 9)).isEqualTo(Map.of("b", 9));
        assertThat(among(1, 9)).isEqualTo(Map.of("a", 1, "b", 9));
        assertThat(among(0, 9)).isEqualTo(Map.of("a", 0, "b", 9));
    }

    @Test
    void whoLosesMoreThanComeCountsAsSoonAsOneHasCome() {
        takers.sent(Map.of("a", 500, "b", 900));
        assertThat(among(480, 900)).doesNotContainKey("a");
        assertThat(among(481, 900)).containsEntry("a", 481);
    }

    @Test
    void anotherOneIsJudgedByItself() {
        takers.sent(Map.of("a", 0));
        Map<String, NodeState> others = Map.of("a again", gateway(0, true, false));
        assertThat(takers.among(others)).isEqualTo(Map.of("a again", 0));
    }

    /** Two crowded gateways, an empty one, and another empty one to which the balancer sends nobody. */
    @Test
    void oneOutOfReachDoesNotKeepBrowsersMovingAndAnotherIsFilled() {
        Balance balance = new Balance(20, 50);
        List<Takers> minds = List.of(new Takers(), new Takers());
        List<Integer> crowded = new ArrayList<>(List.of(3_000, 3_000));
        int reached = 0;
        int movesLately = 0;
        for (int round = 0; round < 200; round++) {
            Map<String, NodeState> leases = new HashMap<>(Map.of(
                    "0", gateway(crowded.get(0), true, false),
                    "1", gateway(crowded.get(1), true, false),
                    "out of reach", gateway(0, true, false),
                    "reached", gateway(reached, true, false)));
            int moved = 0;
            for (int i = 0; i < 2; i++) {
                Map<String, NodeState> others = new HashMap<>(leases);
                others.remove(Integer.toString(i));
                Map<String, Integer> counted = minds.get(i).among(others);
                int leaving = balance.toMove(crowded.get(i), List.copyOf(counted.values()));
                if (leaving > 0) {
                    minds.get(i).sent(counted);
                }
                crowded.set(i, crowded.get(i) - leaving);
                moved += leaving;
            }
            reached += moved;
            movesLately = round < 100 ? 0 : movesLately + moved;
        }
        assertThat(reached).isGreaterThanOrEqualTo(1_500);
        assertThat(crowded).allMatch(count -> count >= 1_500);
        assertThat(movesLately).isZero();
    }

    private Map<String, Integer> among(int a, int b) {
        return takers.among(Map.of("a", gateway(a, true, false), "b", gateway(b, true, false)));
    }

    private static NodeState gateway(int connections, boolean ready, boolean draining) {
        return new NodeState("n", "127.0.0.1:7081", connections, 0, ready, draining, "test");
    }
}
