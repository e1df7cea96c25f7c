package fanfare.redis;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Something that an event loop has for each shard, from when the shard is heard of until it has no slots any more. Confined
 * to that loop, but for {@link #all}.
 */
public final class PerShard<T> {
    private final Shards shards;
    private final Function<Shard, T> make;
    private final Consumer<T> end;
    private final Runnable moved;
    private final Map<Shard, T> each = new HashMap<>();
    private SlotMap slots = SlotMap.UNKNOWN;
    /** Read by metrics and health checks from other threads. */
    private volatile List<T> all = List.of();

    /**
     * @param end told of what is no longer needed
     * @param moved told when slots have other owners, before anything ends
     */
    public PerShard(Shards shards, Function<Shard, T> make, Consumer<T> end, Runnable moved) {
        this.shards = shards;
        this.make = make;
        this.end = end;
        this.moved = moved;
    }

    /** Begins, with what is known by now. */
    public void open(Context context) {
        shards.follow(context, this::follow);
    }

    /** What there is for the shard that has a key or channel; null if it is not known who does. */
    public @Nullable T at(String key) {
        Shard shard = slots.of(key);
        return shard == null ? null : each.get(shard);
    }

    /** The same of all that lies under a hash tag. */
    public @Nullable T atTag(String tag) {
        Shard shard = slots.ofTag(tag);
        return shard == null ? null : each.get(shard);
    }

    public @Nullable T of(Shard shard) {
        return each.get(shard);
    }

    /** What there is; may be asked on any thread. */
    public List<T> all() {
        return all;
    }

    private void follow(SlotMap now) {
        slots = now;
        for (Shard shard : now.shards()) {
            each.computeIfAbsent(shard, make);
        }
        all = List.copyOf(each.values());
        moved.run();
        List<T> over = new ArrayList<>();
        each.entrySet().removeIf(entry -> {
            boolean ended = !now.shards().contains(entry.getKey());
            if (ended) {
                over.add(entry.getValue());
            }
            return ended;
        });
        all = List.copyOf(each.values());
        over.forEach(end);
    }
}
