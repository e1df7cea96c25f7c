package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    private static final Set<String> ALL = Set.of("a", "b", "c");

    private final Claims<String> claims = new Claims<>();

    @Test
    void whoClaimsFirstHasItAndSaysNothingNewByRepeatingIt() {
        assertThat(claim("c", "A", "a", 1)).isTrue();
        assertThat(claim("c", "A", "a", 1)).isFalse();
        assertThat(claims.owners()).containsExactly("A");
    }

    @Test
    void theLaterEpochIsBelievedWhoeverTellsOfIt() {
        claim("c", "A", "a", 1);
        assertThat(claim("c", "B", "b", 2)).isTrue();
        assertThat(claim("a", "A", "a", 1)).isFalse();
        assertThat(claims.owners()).containsExactly("B");
    }

    @Test
    void aPromotedReplicaKeepsItsShardsSlots() {
        claim("c", "A", "a", 1);
        assertThat(claim("c", "A", "b", 2)).isFalse();
        assertThat(claims.owners()).containsExactly("A");
    }

    @Test
    void onlyTheOwnerItselfCanGiveASlotAwayToWhoseEpochIsEarlier() {
        claim("c", "A", "a", 5);
        assertThat(claim("b", "B", "b", 1)).isFalse();
        assertThat(claim("a", "B", "b", 1)).isTrue();
        assertThat(claims.owners()).containsExactly("B");
        // Who has not heard of it names the former owner with the epoch in which that had the slot.
        assertThat(claim("c", "A", "a", 5)).isFalse();
        assertThat(claims.owners()).containsExactly("B");
    }

    @Test
    void anybodyCanHaveWhatAServerHadOfWhichNobodyKnowsAnyMore() {
        claim("c", "A", "a", 5);
        assertThat(claims.claim("B", group("b", 1), new ClusterNodes(List.of(), List.of(), Set.of("b", "c"), "c")))
                .isTrue();
        assertThat(claims.owners()).containsExactly("B");
    }

    /** A server tells that a shard's master has slot 7. */
    private boolean claim(String teller, String shard, String master, long epoch) {
        return claims.claim(shard, group(master, epoch), new ClusterNodes(List.of(), List.of(), ALL, teller));
    }

    private static ClusterNodes.Group group(String master, long epoch) {
        BitSet slots = new BitSet();
        slots.set(7);
        return new ClusterNodes.Group(master, master + ":1", master + ":1", Set.of(master), epoch, slots);
    }
}
