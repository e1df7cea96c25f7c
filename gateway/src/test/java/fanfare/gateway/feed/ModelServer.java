package fanfare.gateway.feed;

import fanfare.broker.Draft;
import fanfare.broker.Fence;
import fanfare.broker.Outbox;
import fanfare.broker.Reading;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Redis server as far as the scripts publish, replay and fence and the reads of a gateway see it. */
final class ModelServer {
    /** What a publisher hears; no position means FENCED. */
    record Answer(@Nullable Position position, boolean known, long serverMs, long expiresMs) {
        static final Answer FENCED = new Answer(null, false, 0, 0);
    }

    private record Slot(long generation, long sequence, String replid, long bornMs) {}

    private record Once(Position position, long serverMs, long expiresMs, long untilMs) {}

    /** Everything that is replicated. */
    private record Data(
            Map<Channel, List<Item>> kept,
            Map<Channel, Long> keptUntilMs,
            Map<String, Slot> slots,
            Map<String, Once> ids) {
        Data() {
            this(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
        }

        Data copy() {
            Map<Channel, List<Item>> lists = new HashMap<>();
            kept.forEach((channel, items) -> lists.put(channel, new ArrayList<>(items)));
            return new Data(lists, new HashMap<>(keptUntilMs), new HashMap<>(slots), new HashMap<>(ids));
        }
    }

    private record Write(long atMs, Data after) {}

    private static final Buffer EVENT = Buffer.buffer("{}");

    private final ModelWorld world;
    /** This server's clock less the true time [ms]. */
    private final long skewMs;

    String replid;
    /** The history that this master took over. */
    @Nullable
    String formerReplid;

    boolean alive = true;
    /** Since when no replica has acknowledged anything; null while one does. */
    @Nullable
    Long aloneSinceMs;

    private Data data = new Data();
    /** What the replica has not applied yet. */
    private final Deque<Write> unreplicated = new ArrayDeque<>();

    private final Map<Channel, Set<ModelGateway>> subscribers = new HashMap<>();

    ModelServer(ModelWorld world, long skewMs) {
        this.world = world;
        this.skewMs = skewMs;
        this.replid = world.newReplid();
    }

    long clockMs() {
        return world.nowMs + skewMs;
    }

    /** {@code min-replicas-to-write 1}, {@code min-replicas-max-lag 10}. */
    boolean refusesWrites() {
        Write oldest = unreplicated.peek();
        return (aloneSinceMs != null && world.nowMs - aloneSinceMs > ModelWorld.LAG_MS_MAX)
                || (oldest != null && world.nowMs - oldest.atMs() > ModelWorld.LAG_MS_MAX);
    }

    void replicate(ModelServer replica, int writes) {
        for (int i = 0; i < writes && !unreplicated.isEmpty(); i++) {
            replica.data = unreplicated.remove().after();
        }
    }

    /** This one was the replica, and is the master now. */
    void promote(ModelServer former) {
        formerReplid = former.replid;
        replid = world.newReplid();
        unreplicated.clear();
    }

    /** Follows a master from now on, whatever it had before. */
    void follow(ModelServer master) {
        data = master.data.copy();
        unreplicated.clear();
        master.unreplicated.clear();
        subscribers.clear();
    }

    void restartEmpty() {
        data = new Data();
        unreplicated.clear();
        subscribers.clear();
        replid = world.newReplid();
        formerReplid = null;
    }

    void subscribe(ModelGateway gateway, Channel channel) {
        subscribers.computeIfAbsent(channel, none -> new HashSet<>()).add(gateway);
    }

    void drop(ModelGateway gateway) {
        subscribers.values().forEach(each -> each.remove(gateway));
    }

    Answer publish(Draft draft, String asReplid, boolean mayOpen, long highest, int random) {
        Once known = known(draft);
        if (known != null) {
            return new Answer(known.position(), true, known.serverMs(), known.expiresMs());
        }
        if (isFenced(draft.tag(), asReplid, mayOpen, highest)) {
            return Answer.FENCED;
        }
        long expiresMs = clockMs() + draft.ttlMs();
        return append(draft, asReplid, highest, random, clockMs(), expiresMs);
    }

    Answer replay(Outbox.Entry entry, String asReplid, boolean mayOpen, long highest, int random) {
        Draft draft = entry.draft();
        Once known = known(draft);
        if (known != null) {
            return new Answer(known.position(), true, 0, 0);
        }
        if (isFenced(draft.tag(), asReplid, mayOpen, highest)) {
            return Answer.FENCED;
        }
        List<Item> items = kept(draft.channel());
        for (int i = items.size() - 1; i >= 0; i--) {
            Item item = items.get(i);
            if (item.id().equals(draft.id())) {
                return new Answer(item.position(), true, 0, 0);
            }
            if (item.position().generation() == entry.position().generation()) {
                if (entry.position().isAtMost(item.position())) {
                    return new Answer(entry.position(), true, 0, 0);
                }
                break;
            }
        }
        return append(draft, asReplid, highest, random, entry.serverMs(), entry.expiresMs());
    }

    /** The fence of a slot; one that is not there is born, unless this server takes no writes. */
    @Nullable
    Fence fence(Channel channel) {
        Slot slot = data.slots().get(ModelWorld.tag(channel));
        if (slot == null) {
            if (refusesWrites()) {
                return null;
            }
            slot = new Slot(0, 0, "", clockMs());
            data.slots().put(ModelWorld.tag(channel), slot);
            written();
        }
        return new Fence(slot.generation(), slot.bornMs(), clockMs());
    }

    Reading read(Channel channel, Reading.Point point) {
        return Objects.requireNonNull(Reading.of(List.copyOf(kept(channel)), true, point));
    }

    @Nullable
    Position tail(Channel channel) {
        List<Item> items = kept(channel);
        return items.isEmpty() ? null : items.get(items.size() - 1).position();
    }

    String counter(Channel channel) {
        Slot slot = data.slots().get(ModelWorld.tag(channel));
        return slot == null ? "" : slot.generation() + "-" + slot.sequence();
    }

    private boolean isFenced(String tag, String asReplid, boolean mayOpen, long highest) {
        Slot slot = data.slots().get(tag);
        boolean opened = slot != null && slot.generation() != 0;
        return !mayOpen && isForeign(slot, asReplid, highest) && (opened || highest != 0);
    }

    private static boolean isForeign(@Nullable Slot slot, String asReplid, long highest) {
        return slot == null || !slot.replid().equals(asReplid) || slot.generation() < highest;
    }

    private Answer append(Draft draft, String asReplid, long highest, int random, long serverMs, long expiresMs) {
        Slot slot = data.slots().get(draft.tag());
        if (slot == null || isForeign(slot, asReplid, highest)) {
            long base = Math.max(slot == null ? 0 : slot.generation(), Math.max(clockMs() * 1_000, highest));
            slot = new Slot(base + 1 + random, 0, asReplid, slot == null ? clockMs() : slot.bornMs());
        }
        slot = new Slot(slot.generation(), slot.sequence() + 1, slot.replid(), slot.bornMs());
        data.slots().put(draft.tag(), slot);
        Position position = new Position(slot.generation(), slot.sequence());
        world.issued(draft, position);
        world.tell(() -> draft.id() + " stored at " + position + " on " + replid);
        List<Item> items = kept(draft.channel());
        Position prev = items.isEmpty() ? null : items.get(items.size() - 1).position();
        Item item = new Item(position, prev, serverMs, expiresMs, draft.id(), "/n", 0, EVENT);
        items.add(item);
        while (items.size() > world.cap) {
            items.remove(0);
        }
        data.kept().put(draft.channel(), items);
        data.keptUntilMs().put(draft.channel(), world.nowMs + ModelWorld.KEPT_MS);
        data.ids()
                .put(onceKey(draft), new Once(position, serverMs, expiresMs, world.nowMs + DeliveredIds.REPEAT_MS_MAX));
        subscribers.getOrDefault(draft.channel(), Set.of()).forEach(gateway -> gateway.pushed(draft.channel(), item));
        written();
        return new Answer(position, false, serverMs, expiresMs);
    }

    private @Nullable Once known(Draft draft) {
        Once once = data.ids().get(onceKey(draft));
        return once != null && once.untilMs() > world.nowMs ? once : null;
    }

    private static String onceKey(Draft draft) {
        return draft.channel() + " " + draft.id();
    }

    private List<Item> kept(Channel channel) {
        boolean expired = data.keptUntilMs().getOrDefault(channel, 0L) <= world.nowMs;
        return expired ? new ArrayList<>() : data.kept().getOrDefault(channel, new ArrayList<>());
    }

    private void written() {
        if (world.isReplicated(this)) {
            unreplicated.add(new Write(world.nowMs, data.copy()));
        }
    }
}
