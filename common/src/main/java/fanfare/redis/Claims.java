package fanfare.redis;

import java.util.BitSet;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who has which slot of a cluster, by what its servers say one after the other. Pure. A server that is cut off may be of
 * yesterday; so who has claimed a slot in an earlier epoch is not believed any more, unless the owner itself says that it has
 * given the slot away.
 *
 * @param <S> a shard
 */
final class Claims<S> {
    private record Owner<S>(S shard, String master, long epoch) {}

    private final @Nullable Owner<S>[] owners = table();

    /**
     * Gives a shard the slots that it claims.
     *
     * @param nodes all that the server says by which the claim is known
     * @return whether another shard had any of them, or nobody
     */
    boolean claim(S shard, ClusterNodes.Group group, ClusterNodes nodes) {
        Owner<S> claimant = new Owner<>(shard, group.master(), group.epoch());
        BitSet slots = group.slots();
        boolean moved = false;
        for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
            Owner<S> before = owners[slot];
            if (before == null || !nodes.ids().contains(before.master()) || before.epoch() < claimant.epoch()) {
                moved |= before == null || !before.shard().equals(shard);
                owners[slot] = claimant;
            } else if (!before.shard().equals(shard) && before.master().equals(nodes.myself())) {
                moved = true;
                // Whoever has not heard of it yet is not to be believed again.
                owners[slot] = new Owner<>(shard, claimant.master(), before.epoch());
            }
        }
        return moved;
    }

    /** The owners of all slots that have one, in the order of the slots. */
    Stream<S> owners() {
        return Stream.of(owners).filter(Objects::nonNull).map(Owner::shard);
    }

    @SuppressWarnings("unchecked")
    private static <S> @Nullable Owner<S>[] table() {
        return (@Nullable Owner<S>[]) new @Nullable Owner<?>[Slots.COUNT];
    }
}
