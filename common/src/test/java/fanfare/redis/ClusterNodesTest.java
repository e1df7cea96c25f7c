package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterNodesTest {
    private static final String NODES =
            """
            a1 10.0.0.1:6379@16379,redis-1 myself,master - 0 0 7 connected 0-99 200 [300-<-b1]
            a2 10.0.0.2:6379@16379 slave a1 0 1 7 connected
            b1 fd00::3:6379@16379 master - 0 1 9 connected 100-199 [200->-a1]
            b2 :0@0 slave,fail,noaddr b1 1 1 9 disconnected
            c1 10.0.0.5:6380@16379 master,fail - 1 1 3 disconnected 201-16383
            d1 :6381@16379 master - 0 0 0 connected
            """;

    private final ClusterNodes nodes = ClusterNodes.parse(NODES, "here");

    @Test
    void mastersWithSlotsHaveTheirReplicas() {
        assertThat(nodes.groups())
                .extracting(
                        ClusterNodes.Group::master,
                        ClusterNodes.Group::address,
                        ClusterNodes.Group::members,
                        ClusterNodes.Group::epoch,
                        group -> group.slots().toString())
                .satisfies(groups -> assertThat(groups).hasSize(3))
                .startsWith(
                        tuple("a1", "redis-1:6379", Set.of("a1", "a2"), 7L, slots(0, 99, 200, 200)),
                        tuple("b1", "[fd00::3]:6379", Set.of("b1", "b2"), 9L, slots(100, 199)));
    }

    @Test
    void whoeverMayAnswerIsAskedTheNextTime() {
        assertThat(nodes.addresses()).containsExactly("redis-1:6379", "10.0.0.2:6379", "[fd00::3]:6379", "here:6381");
    }

    private static String slots(int... ranges) {
        BitSet slots = new BitSet();
        for (int i = 0; i < ranges.length; i += 2) {
            slots.set(ranges[i], ranges[i + 1] + 1);
        }
        return slots.toString();
    }
}
