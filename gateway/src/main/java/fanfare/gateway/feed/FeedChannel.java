package fanfare.gateway.feed;

import fanfare.broker.Reading;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One channel as this gateway follows it: subscribe, wait for the acknowledgement, read, live. Pure: it is told what
 * happened and says through {@link Actions} what follows, so that a test can play any order of events.
 *
 * @param <J> a join: one session that comes to the channel
 */
final class FeedChannel<J> {
    /** What a channel wants done. */
    interface Actions<J> {
        /** Read what the channel kept; {@code attempt} goes back to {@link #read}, so that a late answer is known. */
        void read(FeedChannel<J> channel, Reading.Point point, int attempt);

        /** Hand this to all sessions that have joined. */
        void deliver(Channel channel, Item item);

        /** Tell all sessions that have joined that something is lost. */
        void gap(Channel channel);

        /** The join is over: this is what the session should have had, in order. */
        void joined(J join, List<Item> missed, boolean complete);
    }

    enum State {
        /** Waits for the acknowledgement; nothing arrives. */
        SUBSCRIBING,
        /** Subscribed; what arrives is kept until the read is back. */
        READING,
        /** In step: what arrives is handed on. */
        LIVE
    }

    private record Waiting<J>(J join, Reading.Point point) {}

    /** A session that joined a live channel; what is live meanwhile is kept until its read is back. */
    private static final class LiveJoin<J> {
        final Waiting<J> waiting;
        /** Where the channel was when the read began. */
        final @Nullable Position last;

        final List<Item> meanwhile = new ArrayList<>();

        LiveJoin(Waiting<J> waiting, @Nullable Position last) {
            this.waiting = waiting;
            this.last = last;
        }
    }

    /** What may arrive during a read; more means that the read is taken again, since it is the smaller evil. */
    private static final int BUFFER_ITEMS_MAX = 10_000;
    /** The newest of a shared channel, from which newcomers are served without asking Redis. */
    private static final int RECENT_ITEMS_MAX = 1_000;

    private static final int RECENT_BYTES_MAX = 4 << 20;

    private final Channel channel;
    private final Actions<J> actions;
    private State state = State.SUBSCRIBING;
    /** Position of the last item handed on; null if there never was one. */
    private @Nullable Position last;
    /** Whether the channel was live before, so that {@code last} says what was had. */
    private boolean known;
    /** Joins that wait for the channel to be live. */
    private List<Waiting<J>> waiting = new ArrayList<>();
    /** Joins whose reads are under way, by attempt. */
    private final Map<Integer, LiveJoin<J>> liveJoins = new HashMap<>();
    /** What arrived while reading. */
    private List<Item> buffer = new ArrayList<>();
    /** The joins that the first read will serve; the others wait for the channel to be live. */
    private List<Waiting<J>> served = List.of();
    /** Counts reads, so that the answer to one that was given up is not taken for another's. */
    private int attempt;
    /** The read that makes the channel live. */
    private int channelRead;
    /** The newest items and their bytes; only for channels that everybody shares. */
    private final Deque<Item> recent = new ArrayDeque<>();

    private int recentBytes;
    /** From when on {@code recent} has everything, on Redis' clock [ms]. */
    private long recentSinceMs = Long.MAX_VALUE;

    FeedChannel(Channel channel, Actions<J> actions) {
        this.channel = channel;
        this.actions = actions;
    }

    Channel channel() {
        return channel;
    }

    State state() {
        return state;
    }

    /** A session comes that should miss nothing from that point on. */
    void join(J join, Reading.Point point) {
        Waiting<J> newcomer = new Waiting<>(join, point);
        if (state != State.LIVE) {
            waiting.add(newcomer);
            return;
        }
        List<Item> missed = fromMemory(point);
        if (missed != null) {
            actions.joined(join, missed, true);
        } else {
            LiveJoin<J> liveJoin = new LiveJoin<>(newcomer, last);
            liveJoins.put(++attempt, liveJoin);
            actions.read(this, point, attempt);
        }
    }

    /** What follows the point, if that is known without asking Redis; else null. */
    private @Nullable List<Item> fromMemory(Reading.Point point) {
        Position after = point.after();
        if (after == null) {
            return point.sinceMs() >= recentSinceMs
                    ? recent.stream()
                            .filter(item -> item.serverMs() >= point.sinceMs())
                            .toList()
                    : null;
        }
        if (after.equals(last)) {
            return List.of();
        }
        List<Item> items = List.copyOf(recent);
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).position().equals(after)) {
                return items.subList(i + 1, items.size());
            }
        }
        return null;
    }

    /** The subscription is acknowledged: from now on everything published arrives. */
    void subscribed() {
        startReading();
    }

    /** The link is lost, and with it whatever was under way. */
    void lost() {
        state = State.SUBSCRIBING;
        buffer = new ArrayList<>();
        liveJoins.values().forEach(join -> waiting.add(join.waiting));
        liveJoins.clear();
    }

    /** Something arrived. */
    void message(Item item) {
        switch (state) {
            case LIVE -> live(item);
            case READING -> {
                buffer.add(item);
                if (buffer.size() > BUFFER_ITEMS_MAX) {
                    startReading();
                }
            }
            case SUBSCRIBING -> {}
        }
    }

    /** A read is back. */
    void read(int of, Reading reading) {
        LiveJoin<J> join = liveJoins.remove(of);
        if (join != null) {
            readForJoin(join, reading);
        } else if (state == State.READING && of == channelRead) {
            if (known) {
                heal(reading);
            } else {
                first(reading);
            }
            state = State.LIVE;
            known = true;
            List<Waiting<J>> late = waiting;
            waiting = new ArrayList<>();
            late.forEach(newcomer -> join(newcomer.join, newcomer.point));
        }
    }

    /** A read could not be had; says whether it is still wanted, as another attempt. */
    void readFailed(int of) {
        LiveJoin<J> join = liveJoins.remove(of);
        if (join != null) {
            join(join.waiting.join, join.waiting.point);
        } else if (state == State.READING && of == channelRead) {
            startReading();
        }
    }

    private void startReading() {
        state = State.READING;
        buffer = new ArrayList<>();
        // Who knows a position asks for what follows it once the channel is live.
        served = waiting.stream()
                .filter(newcomer -> newcomer.point.after() == null)
                .toList();
        channelRead = ++attempt;
        actions.read(this, point(), channelRead);
    }

    private Reading.Point point() {
        if (known && last != null) {
            return Reading.Point.after(last);
        }
        // A live channel on which nothing ever came: whatever is kept now came during the loss.
        return Reading.Point.since(known ? 0 : sinceMs().orElse(Long.MAX_VALUE));
    }

    /** The earliest moment that the first read must reach back to. */
    private OptionalLong sinceMs() {
        return served.stream().mapToLong(newcomer -> newcomer.point.sinceMs()).min();
    }

    private void live(Item item) {
        if (last != null && item.position().isAtMost(last)) {
            return;
        }
        // Without a predecessor it is the first of its list: that began just now, or had expired.
        if (item.prev() == null || item.prev().equals(last)) {
            handOn(item);
        } else {
            startReading();
            buffer.add(item);
        }
    }

    private void heal(Reading reading) {
        List<Item> missed = Merge.of(reading.items(), buffer);
        buffer = new ArrayList<>();
        boolean contiguous =
                missed.isEmpty() || (last != null && last.equals(missed.get(0).prev()));
        if (!reading.complete() && !contiguous) {
            actions.gap(channel);
            recent.clear();
            recentBytes = 0;
            recentSinceMs = missed.isEmpty() ? Long.MAX_VALUE : missed.get(0).serverMs();
        }
        Position had = last;
        for (Item item : missed) {
            if (had == null || !item.position().isAtMost(had)) {
                handOn(item);
            }
        }
    }

    private void first(Reading reading) {
        Set<Position> live = new HashSet<>();
        buffer.forEach(item -> live.add(item.position()));
        List<Item> all = Merge.of(reading.items(), buffer);
        buffer = new ArrayList<>();
        Item newest = all.isEmpty() ? reading.newest() : all.get(all.size() - 1);
        last = newest == null ? null : newest.position();
        waiting.removeAll(served);
        if (isShared()) {
            recentSinceMs = sinceMs().orElse(newest == null ? 0 : newest.serverMs() + 1);
            all.forEach(this::remember);
        }
        for (Waiting<J> newcomer : served) {
            // The start filters what was read, never what came over the subscription: that is newer than the session.
            List<Item> missed = all.stream()
                    .filter(item -> item.serverMs() >= newcomer.point.sinceMs() || live.contains(item.position()))
                    .toList();
            actions.joined(newcomer.join, missed, reading.complete());
        }
    }

    private void readForJoin(LiveJoin<J> join, Reading reading) {
        Set<Position> passed = new HashSet<>();
        join.meanwhile.forEach(item -> passed.add(item.position()));
        List<Item> read = reading.items();
        int behind = 0;
        for (int i = 0; i < read.size(); i++) {
            if (read.get(i).position().equals(join.last)) {
                behind = i + 1;
            }
        }
        List<Item> missed = Merge.of(read, join.meanwhile);
        // What the read saw and the subscription has yet to bring is handed on now; it will be dropped when it comes.
        for (Item item : read.subList(behind, read.size())) {
            if (!passed.contains(item.position())) {
                message(item);
            }
        }
        if (state == State.LIVE) {
            actions.joined(join.waiting.join, missed, reading.complete());
        } else {
            // The read begins behind a hole, which must be filled first: it would come to this session out of order.
            waiting.add(join.waiting);
        }
    }

    private void handOn(Item item) {
        last = item.position();
        liveJoins.values().forEach(join -> join.meanwhile.add(item));
        remember(item);
        actions.deliver(channel, item);
    }

    private void remember(Item item) {
        if (!isShared()) {
            return;
        }
        recent.add(item);
        recentBytes += item.event().length();
        while (recent.size() > RECENT_ITEMS_MAX || recentBytes > RECENT_BYTES_MAX) {
            Item oldest = recent.remove();
            recentBytes -= oldest.event().length();
            recentSinceMs = Math.max(recentSinceMs, oldest.serverMs() + 1);
        }
    }

    private boolean isShared() {
        return channel.kind() != Channel.Kind.USER;
    }
}
