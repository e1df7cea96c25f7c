package fanfare.redis;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which shard has which key, at one moment. Immutable. */
public final class SlotMap {
    /** What is known of a cluster before it was asked. */
    static final SlotMap UNKNOWN = new SlotMap(List.of(), new Shard[0]);

    private final List<Shard> shards;
    /** By slot; empty if there is one shard that has them all. */
    private final Shard[] owners;

    private SlotMap(List<Shard> shards, Shard[] owners) {
        this.shards = shards;
        this.owners = owners;
    }

    static SlotMap allOf(Shard shard) {
        return new SlotMap(List.of(shard), new Shard[0]);
    }

    /** @param owners by slot */
    static SlotMap of(Shard[] owners) {
        return new SlotMap(Stream.of(owners).distinct().toList(), owners);
    }

    /** Who has a key or channel; null as long as the cluster was not asked. */
    public @Nullable Shard of(String key) {
        return owners.length == 0 ? only() : owners[Slots.of(key)];
    }

    /** Who has all keys of a hash tag. */
    @Nullable
    Shard ofTag(String tag) {
        return owners.length == 0 ? only() : owners[Slots.ofTag(tag)];
    }

    private @Nullable Shard only() {
        return shards.isEmpty() ? null : shards.get(0);
    }

    /** All that have slots. */
    public List<Shard> shards() {
        return shards;
    }

    /** The slot in the middle of those that a shard has: none of its ends, from which slots are moved. */
    int middle(Shard shard) {
        int[] slots = IntStream.range(0, owners.length)
                .filter(slot -> owners[slot] == shard)
                .toArray();
        return slots[slots.length / 2];
    }
}
