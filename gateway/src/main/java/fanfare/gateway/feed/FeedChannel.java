package fanfare.gateway.feed;

import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        /** From where on the session misses nothing, in terms of the Redis that is read just now. */
        Point pointOf(J join);

        /** Read what the channel kept; {@code attempt} goes back to {@link #read}, so that a late answer is known. */
        void read(FeedChannel<J> channel, Point point, int attempt);

        /** Ask for the position of the newest item; {@code attempt} goes back to {@link #tail}. */
        void tail(FeedChannel<J> channel, int attempt);

        /** Whether who had everything when the channel was last live has everything with this. */
        boolean proves(FeedChannel<J> channel, Reading reading);

        /** The channel is in step. */
        void live(FeedChannel<J> channel);

        /** Hand this to all sessions that have joined and have not had it under its id; {@code late} if it was missed. */
        void deliver(Channel channel, Item item, boolean late);

        /** Tell all sessions that have joined that something is lost. */
        void gap(Channel channel);

        /** The join is over: the reading's items are what the session should have had, in order. */
        void joined(J join, Reading missed);
    }

    enum State {
        /** Waits for the acknowledgement; nothing arrives. */
        SUBSCRIBING,
        /** Subscribed; what arrives is kept until the read is back. */
        READING,
        /** In step: what arrives is handed on. */
        LIVE
    }

    /** A session that joined a live channel; what is live meanwhile is kept until its read is back. */
    private static final class LiveJoin<J> {
        final J join;
        final Backlog meanwhile;

        LiveJoin(J join, Backlog meanwhile) {
            this.join = join;
            this.meanwhile = meanwhile;
        }
    }

    /** Generations that are remembered: one begins with each fail-over. */
    private static final int FORMER_MAX = 4;

    private final Channel channel;
    private final Actions<J> actions;
    private final Backlog.Budget budget;
    private State state = State.SUBSCRIBING;
    /** Position of the last item handed on; null if there never was one. */
    private @Nullable Position last;
    /** Nothing is lost behind {@code last}; false from a gap until the next item. */
    private boolean inStep = true;
    /** The last positions of the generations before, oldest first: a master may come back that has lost the later ones. */
    private List<Position> former = List.of();
    /** Whether the channel was live before, so that {@code last} says what was had. */
    private boolean known;
    /** Joins that wait for the channel to be live; like the next three empty nearly always, and then nothing is kept. */
    private List<J> waiting = List.of();
    /** Joins whose reads are under way, by attempt. */
    private Map<Integer, LiveJoin<J>> liveJoins = Map.of();
    /** What arrived while reading; null for nothing. */
    private @Nullable Backlog buffer;
    /** The joins that the first read will serve; the others wait for the channel to be live. */
    private List<J> served = List.of();
    /** Counts questions, so that the answer to one that was given up is not taken for another's. */
    private int attempt;
    /** The question whose answer makes the channel live. */
    private int channelRead;
    /** How much of {@code buffer} had come before that was asked, so that the answer must know of it. */
    private int askedWith;
    /** Null for a user's channel, which only its own sessions read. */
    private final @Nullable RecentItems recent;

    FeedChannel(Channel channel, Actions<J> actions, Backlog.Budget budget, RecentItems.Budget recentBudget) {
        this.channel = channel;
        this.actions = actions;
        this.budget = budget;
        this.recent = channel.kind() == Channel.Kind.USER ? null : new RecentItems(recentBudget);
    }

    Channel channel() {
        return channel;
    }

    State state() {
        return state;
    }

    /** A session comes that should miss nothing from its point on. */
    void join(J join) {
        if (state != State.LIVE) {
            await(join);
            return;
        }
        Point point = actions.pointOf(join);
        Reading known = fromMemory(point);
        if (known != null) {
            actions.joined(join, known);
        } else {
            if (liveJoins.isEmpty()) {
                liveJoins = new HashMap<>();
            }
            liveJoins.put(++attempt, new LiveJoin<>(join, new Backlog(budget)));
            actions.read(this, point, attempt);
        }
    }

    /** What follows the point, if that is known without asking Redis; else null. */
    private @Nullable Reading fromMemory(Point point) {
        Position after = point.after();
        if (after != null && after.equals(last) && inStep) {
            return new Reading(List.of(), null, last, Reach.LINKED);
        }
        if (last == null && inStep) {
            // Nothing was kept when it was read, and nothing has come since.
            return new Reading(List.of(), null, null, Reach.BEGINNING);
        }
        return recent == null ? null : recent.after(point);
    }

    /** The subscription is acknowledged: from now on everything published arrives. */
    void subscribed() {
        if (known && last != null) {
            startComparing();
        } else {
            startReading();
        }
    }

    /** The link is lost, and with it whatever was under way. */
    void lost() {
        state = State.SUBSCRIBING;
        arrived();
        List<LiveJoin<J>> interrupted = List.copyOf(liveJoins.values());
        liveJoins = Map.of();
        interrupted.forEach(this::waitForLive);
    }

    /** Nobody wants the channel any more. */
    void end() {
        lost();
        if (recent != null) {
            recent.clear(null);
        }
    }

    /** Something arrived. */
    void message(Item item) {
        switch (state) {
            case LIVE -> live(item);
            case READING -> keep(item);
            case SUBSCRIBING -> {}
        }
    }

    /** A read is back. */
    void read(int of, Reading reading) {
        LiveJoin<J> join = endLiveJoin(of);
        if (join != null) {
            readForJoin(join, reading);
        } else if (state == State.READING && of == channelRead) {
            boolean whole = isBufferWhole();
            List<Item> arrived = arrived();
            if (known) {
                heal(reading, arrived);
            } else {
                first(reading, arrived);
            }
            known = true;
            if (whole) {
                becomeLive();
                goOn(arrived);
            } else {
                // What did not fit into the buffer is read, from where this read has brought us.
                startReading();
            }
        }
    }

    /** The position of the newest item is back; null if nothing is kept. */
    void tail(int of, @Nullable Position newest) {
        if (state == State.READING && of == channelRead) {
            if (newest != null && newest.equals(last) && isBufferWhole()) {
                List<Item> arrived = arrived();
                becomeLive();
                arrived.forEach(this::message);
            } else {
                startReading();
            }
        }
    }

    /** Whether what Redis says its newest item is has not come, though the channel is live. */
    boolean lacks(@Nullable Position newest) {
        return state == State.LIVE && newest != null && (last == null || !newest.isAtMost(last));
    }

    /** Redis says what its newest item is, which should have come by now; if it has not, it is read. */
    void compare(@Nullable Position newest) {
        if (lacks(newest)) {
            startReading();
        }
    }

    /** A read or the newest position could not be had; says whether it is still wanted, as another attempt. */
    void readFailed(int of) {
        LiveJoin<J> join = endLiveJoin(of);
        if (join != null) {
            join.meanwhile.drain();
            join(join.join);
        } else if (state == State.READING && of == channelRead) {
            startReading();
        }
    }

    private void becomeLive() {
        state = State.LIVE;
        served = List.of();
        actions.live(this);
        List<J> late = waiting;
        waiting = List.of();
        late.forEach(this::join);
    }

    private void startComparing() {
        state = State.READING;
        channelRead = ++attempt;
        actions.tail(this, channelRead);
    }

    /** What came during the read and does not hang together with it comes now, after it. */
    private void goOn(List<Item> arrived) {
        int before = askedWith;
        for (int i = 0; i < arrived.size(); i++) {
            Item item = arrived.get(i);
            if (i < before && state == State.LIVE && !wasHad(item) && !isNext(item)) {
                // Redis does not keep it, and so will never say what came before it.
                tellGap();
                forgetRecent();
                handOn(item, true);
            } else {
                message(item);
            }
        }
    }

    private void startReading() {
        state = State.READING;
        askedWith = buffer == null ? 0 : buffer.items().size();
        // Who knows a position asks for what follows it once the channel is live.
        served = waiting.stream()
                .filter(newcomer -> actions.pointOf(newcomer).after() == null)
                .toList();
        channelRead = ++attempt;
        actions.read(this, point(), channelRead);
    }

    private Point point() {
        if (known) {
            return last == null ? Point.BEGINNING : Point.after(last, former);
        }
        return Point.since(sinceMs(served).orElse(Long.MAX_VALUE));
    }

    /** The earliest moment that the first read must reach back to. */
    private OptionalLong sinceMs(List<J> newcomers) {
        return newcomers.stream()
                .mapToLong(newcomer -> actions.pointOf(newcomer).sinceMs())
                .min();
    }

    /** Without a predecessor an item is the first of its list: that began just now, or had expired. */
    private boolean isNext(Item item) {
        return item.prev() == null || item.prev().equals(last) || wasHad(item);
    }

    private boolean wasHad(Item item) {
        return last != null && Point.covers(last, former, item.position());
    }

    private void live(Item item) {
        if (wasHad(item)) {
            return;
        }
        if (isNext(item)) {
            handOn(item, false);
        } else {
            keep(item);
            startReading();
        }
    }

    private void heal(Reading reading, List<Item> arrived) {
        List<Item> missed = last == null ? List.of() : Merge.after(last, reading.items(), arrived);
        if (missed.isEmpty()) {
            missed = Merge.around(reading, arrived);
            if (!actions.proves(this, reading)) {
                tellGap();
            }
        }
        // Another master may lack what is in memory; who was served from there would know more than who read.
        forgetRecent();
        missed.stream().filter(item -> !wasHad(item)).forEach(item -> handOn(item, true));
    }

    /** Nobody is served from memory across what may be missing there. */
    private void forgetRecent() {
        if (recent != null) {
            recent.clear(last);
        }
    }

    private void tellGap() {
        actions.gap(channel);
        inStep = false;
    }

    private void first(Reading reading, List<Item> arrived) {
        List<Item> all = Merge.around(reading, arrived);
        int arrivedFirst = 0;
        while (arrivedFirst < all.size() && !arrived.contains(all.get(arrivedFirst))) {
            arrivedFirst++;
        }
        Item newest = all.isEmpty() ? reading.newest() : all.get(all.size() - 1);
        all.forEach(item -> moveTo(item.position()));
        if (newest != null) {
            moveTo(newest.position());
        }
        List<J> newcomers = served;
        if (newcomers.size() == waiting.size()) {
            waiting = List.of();
        } else {
            waiting.removeAll(new HashSet<>(newcomers));
        }
        if (recent != null) {
            recent.clear(last);
            all.forEach(recent::add);
            if (reading.reach() == Reach.LINKED && newest != null && Reading.hasItsTime(newest)) {
                recent.reachesBackTo(sinceMs(newcomers).orElse(newest.serverMs() + 1));
            }
        }
        for (J newcomer : newcomers) {
            Reading own = Objects.requireNonNull(Reading.of(all, true, actions.pointOf(newcomer)));
            Reach reach = own.reach() == Reach.LINKED ? Reach.LINKED : reading.reach();
            // The start filters what was read, never what came over the subscription: that is newer than the session.
            int first = Math.min(all.size() - own.items().size(), arrivedFirst);
            Position before = first == 0 ? reading.before() : all.get(first - 1).position();
            actions.joined(newcomer, new Reading(all.subList(first, all.size()), own.newest(), before, reach));
        }
    }

    private void readForJoin(LiveJoin<J> join, Reading reading) {
        if (!join.meanwhile.isWhole()) {
            join(join.join);
            return;
        }
        List<Item> meanwhile = join.meanwhile.items();
        Set<Position> passed = new HashSet<>();
        meanwhile.forEach(item -> passed.add(item.position()));
        List<Item> read = reading.items();
        int behind = read.size();
        while (behind > 0
                && (last == null
                        || !Point.covers(last, former, read.get(behind - 1).position()))) {
            behind--;
        }
        List<Item> ahead = read.subList(behind, read.size()).stream()
                .filter(item -> !passed.contains(item.position()))
                .toList();
        if (state == State.LIVE && !ahead.isEmpty() && !isNext(ahead.get(0))) {
            startReading();
        }
        if (state != State.LIVE) {
            // There is a hole before what was read, and it must be filled first: it would come to this session later.
            waitForLive(join);
            return;
        }
        List<Item> missed = Merge.of(read, List.copyOf(meanwhile));
        // What the read saw and the subscription has yet to bring is handed on now; it will be dropped when it comes.
        ahead.forEach(this::live);
        join.meanwhile.drain();
        actions.joined(join.join, new Reading(missed, reading.newest(), reading.before(), reading.reach()));
    }

    private void waitForLive(LiveJoin<J> join) {
        join.meanwhile.drain();
        await(join.join);
    }

    private void await(J join) {
        if (waiting.isEmpty()) {
            waiting = new ArrayList<>(1);
        }
        waiting.add(join);
    }

    private @Nullable LiveJoin<J> endLiveJoin(int of) {
        LiveJoin<J> join = liveJoins.isEmpty() ? null : liveJoins.remove(of);
        if (join != null && liveJoins.isEmpty()) {
            liveJoins = Map.of();
        }
        return join;
    }

    private void keep(Item item) {
        Backlog kept = buffer;
        if (kept == null) {
            kept = new Backlog(budget);
            buffer = kept;
        }
        kept.add(item);
    }

    private boolean isBufferWhole() {
        return buffer == null || buffer.isWhole();
    }

    /** Takes out what arrived while reading. */
    private List<Item> arrived() {
        Backlog kept = buffer;
        buffer = null;
        return kept == null ? List.of() : kept.drain();
    }

    private void moveTo(Position position) {
        if (last != null && last.generation() != position.generation()) {
            List<Position> all = new ArrayList<>(former);
            all.removeIf(each -> each.generation() == position.generation());
            all.add(last);
            former = List.copyOf(all.subList(Math.max(0, all.size() - FORMER_MAX), all.size()));
        }
        last = position;
    }

    private void handOn(Item item, boolean late) {
        moveTo(item.position());
        inStep = true;
        if (!liveJoins.isEmpty()) {
            liveJoins.values().forEach(join -> join.meanwhile.add(item));
        }
        if (recent != null) {
            recent.add(item);
        }
        actions.deliver(channel, item, late);
    }
}
