package fanfare.redis;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Which shard has which key, at one moment. Immutable. */
public final class SlotMap {
    static final SlotMap UNKNOWN = new SlotMap(List.of(), new @Nullable Shard[Slots.COUNT]);

    private final List<Shard> shards;
    /** By slot; empty if there is one shard that has them all. */
    private final @Nullable Shard[] owners;

    private SlotMap(List<Shard> shards, @Nullable Shard[] owners) {
        this.shards = shards;
        this.owners = owners;
    }

    static SlotMap allOf(Shard shard) {
        return new SlotMap(List.of(shard), new @Nullable Shard[0]);
    }

    /** @param owners by slot, null for one that nobody has */
    static SlotMap of(@Nullable Shard[] owners) {
        return new SlotMap(
                Arrays.stream(owners).filter(Objects::nonNull).distinct().toList(), owners);
    }

    /** Who has a key or channel; null if nobody does as far as is known. */
    public @Nullable Shard of(String key) {
        return owners.length == 0 ? shards.get(0) : owners[Slots.of(key)];
    }

    /** Who has all keys of a hash tag. */
    @Nullable
    Shard ofTag(String tag) {
        return owners.length == 0 ? shards.get(0) : owners[Slots.ofTag(tag)];
    }

    /** All that have slots. */
    public List<Shard> shards() {
        return shards;
    }

    /** How many slots nobody has, as far as is known. */
    int unserved() {
        return (int) Arrays.stream(owners).filter(Objects::isNull).count();
    }

    /** The slot in the middle of those that a shard has: none of its ends, from which slots are moved. */
    int middle(Shard shard) {
        int[] slots = IntStream.range(0, owners.length)
                .filter(slot -> owners[slot] == shard)
                .toArray();
        return slots[slots.length / 2];
    }
}
