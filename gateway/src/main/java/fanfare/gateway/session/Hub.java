package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.drain.Slope;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.receipt.Receipt;
import fanfare.gateway.receipt.Reports;
import fanfare.redis.ServerTime;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one event loop and the channels that they are subscribed to. Confined to that event loop, but for
 * {@link #execute} and {@link #handOver}, by which others hand it work.
 */
public final class Hub {
    /** Where publications come from; a hub joins and leaves a channel, and is told what happens there. */
    public interface Source {
        /** Begins a join: {@link Subscription#joined} will be called on the hub's loop, then live messages follow. */
        void join(Hub hub, Subscription subscription, Start start);

        /** The hub's last subscription to the channel is gone. */
        void leave(Hub hub, Channel channel);
    }

    /** Before the first sign of life of the links, a session's own start less this counts [ms]. */
    private static final long UNCERTAIN_MS = 30_000;

    /** How long what was handed in may keep from their writes those who have something to say [ms]. */
    private static final long TURN_MS_MAX = 5;

    /** How much of what a browser's queue may hold a turn brings: who takes it at once is not to be too slow for the next. */
    private static final int TURN_SHARE = 2;

    /** How many get a message before they write, and so are still in the processor's caches when they do. */
    private static final int SLICE = 32;

    /** What may be handed over and wait to be delivered before its source has to wait itself [bytes]. */
    static final int UNDELIVERED_BYTES_MAX = 8 << 20;

    /** In the time from one heartbeat to the next: a second each, by default. */
    private static final int BEATS = 25;

    private final Vertx vertx;
    private final Context context;
    private final String node;
    private final Source source;
    private final SessionLimits limits;
    private final SessionMetrics metrics;
    private final Reports reports;
    private final LongSupplier clock;
    private final DoubleSupplier random;
    /** From beat to beat, at which heartbeats go out, and by how much those of this hub are apart from others' [ms]. */
    private final long beatMs;

    private final long phaseMs;
    private final Wheel wheel;
    /** The timer that advances the wheel. */
    private long alarm = -1;

    private final Count queueBytes;
    /** Messages that went into the queues of a transport's sessions. */
    private final Map<String, Count> deliveries = new HashMap<>();

    private final SendQueue nothing = new SendQueue();
    private final Set<Session> sessions = new HashSet<>();
    private final Map<Channel, Audience> audiences = new HashMap<>();
    /** What others handed in; the one thing here that they touch, with the next. */
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean turnDue = new AtomicBoolean();
    /** Of the messages in there [bytes]. */
    private final AtomicLong undelivered;

    /** What was handed in is being done, and the writes follow. */
    private boolean inTurn;
    /** When they must at the latest [ms], and what came since they last did [bytes]. */
    private long turnEndMs;

    private int turnBytes;
    /** Redis' time up to which nothing that was published is missing here; 0 before that is known [ms]. */
    private long asOfMs;
    /** Sessions with something to write, which they do together at the end of the tick. */
    private List<Outflow> dirty = new ArrayList<>();
    /** Takes the place of that list while it is worked through; empty until then. */
    private List<Outflow> clean = new ArrayList<>();
    /** Null while the gateway serves. */
    private @Nullable Drain drain;

    /** Makes the hub of the current event loop; the clock gives milliseconds and only goes forward. */
    public Hub(
            Vertx vertx,
            String node,
            Source source,
            SessionLimits limits,
            SessionMetrics metrics,
            Reports reports,
            LongSupplier clock,
            DoubleSupplier random) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.node = node;
        this.source = source;
        this.limits = limits;
        this.metrics = metrics;
        this.reports = reports;
        this.clock = clock;
        this.random = random;
        this.queueBytes = metrics.queueBytes();
        this.undelivered = metrics.undelivered();
        this.beatMs = Math.max(1, limits.heartbeat().toMillis() / BEATS);
        this.phaseMs = (long) (random.getAsDouble() * beatMs);
        this.wheel = new Wheel(clock.getAsLong(), this::wakeAt);
    }

    private void wakeAt(long dueMs) {
        vertx.cancelTimer(alarm);
        alarm = vertx.setTimer(Math.max(1, dueMs - nowMs()), timer -> wheel.advance(nowMs()));
    }

    /** The last beat up to then: an event loop that wakes up for many heartbeats at once does each for less [ms]. */
    long onBeat(long ms) {
        return ms - Math.floorMod(ms - phaseMs, beatMs);
    }

    /** Runs something on this hub's event loop, after what was handed in before; may be called on any thread. */
    public void execute(Runnable task) {
        inbox.add(task);
        turnSoon();
    }

    private void turnSoon() {
        if (turnDue.compareAndSet(false, true)) {
            context.runOnContext(turn -> turn());
        }
    }

    /**
     * All that was handed in, and then one write for each session that has something to say. So what comes close together
     * leaves together: a loop with nothing to do writes at once, and one that is behind has more of it in each write.
     */
    private void turn() {
        turnBegins();
        inTurn = true;
        try {
            Runnable task = inbox.poll();
            while (task != null) {
                task.run();
                task = isTurnOver() ? null : inbox.poll();
            }
        } finally {
            // Also after a bug, which is the context's to report.
            inTurn = false;
            turnDue.set(false);
            if (!inbox.isEmpty()) {
                turnSoon();
            }
            flush();
            nothing.forget();
        }
    }

    private void turnBegins() {
        turnEndMs = nowMs() + TURN_MS_MAX;
        turnBytes = 0;
    }

    private boolean isTurnOver() {
        return nowMs() >= turnEndMs || turnBytes >= limits.queueBytesMax() / TURN_SHARE;
    }

    private void flush() {
        List<Outflow> flushed = dirty;
        dirty = clean;
        clean = flushed;
        // On the way the processor fetches what the writes need, of many sessions at once. In a write each would wait
        // for it.
        flushed.removeIf(session -> !isDue(session));
        long nowMs = nowMs();
        for (Outflow session : flushed) {
            write(session, nowMs);
        }
        flushed.clear();
    }

    /**
     * Opens a session.
     *
     * @param connection its public id, random
     * @param start from when on nothing may be missing
     * @param onClosed told once, when the session is over
     */
    public Session open(Transport transport, String connection, ServerTime start, Consumer<Session> onClosed) {
        Session session = new Session(this, transport, connection, start, random.getAsDouble(), onClosed);
        sessions.add(session);
        wheel.schedule(session, session.tick(nowMs()));
        if (drain != null) {
            // It was let in a moment before the drain began.
            Slope slope = drain.slope();
            sendAway(session, slope, slope.waitMs(drain.elapsedMs(), random.getAsDouble()));
        }
        return session;
    }

    /**
     * Has a publication delivered after what was handed in before; may be called on any thread.
     *
     * @param firstStamp of a repeat, which only those get who joined after it was handed out first; else 0
     * @param late whether it had to wait, and comes at once with what else had to: nobody is too slow for that
     */
    public void handOver(Channel channel, Message message, long firstStamp, boolean late) {
        undelivered.addAndGet(message.size());
        execute(() -> {
            undelivered.addAndGet(-message.size());
            deliver(channel, message, firstStamp, late);
        });
    }

    /** Whether more was handed over than this loop keeps up with, so that no more should be; may be asked on any thread. */
    public boolean isBehind() {
        return undelivered.get() > UNDELIVERED_BYTES_MAX;
    }

    /** A publication for whoever is subscribed here; see {@link #handOver}. */
    void deliver(Channel channel, Message message, long firstStamp, boolean late) {
        Audience audience = audiences.get(channel);
        if (audience != null) {
            turnBytes += message.size();
            Receipt receipt = message.receipt();
            if (receipt != null && firstStamp == 0) {
                reports.held(receipt, audience.size());
            }
            if (audience.size() <= SLICE) {
                audience.forEach(receiver -> deliver(receiver, message, firstStamp, late));
            } else {
                deliverInSlices(audience.copy(), message, firstStamp, late);
            }
        }
    }

    /**
     * A slice writes before the next one gets the message; but once there is more to do, which may be more for all of them,
     * the rest writes at the end of the turn.
     */
    private void deliverInSlices(List<Subscription> receivers, Message message, long firstStamp, boolean late) {
        boolean atOnce = dirty.isEmpty();
        for (int i = 0; i < receivers.size(); i++) {
            deliver(receivers.get(i), message, firstStamp, late);
            if (i % SLICE == SLICE - 1) {
                atOnce = atOnce && inbox.isEmpty();
                if (atOnce) {
                    flush();
                    turnBegins();
                }
            }
        }
    }

    private void deliver(Subscription receiver, Message message, long firstStamp, boolean late) {
        try {
            receiver.deliver(message, firstStamp, late);
        } catch (RuntimeException bug) {
            failed(receiver.session(), bug);
        }
    }

    /** What the channel's slot in Redis is known by, for the tokens of its sessions. */
    public void marked(Channel channel, int mark) {
        Audience audience = audiences.get(channel);
        if (audience != null) {
            audience.mark = mark;
        }
    }

    /** Nothing that was published up to that moment is missing here. */
    public void inStep(long upToMs) {
        asOfMs = upToMs;
    }

    /** Sends every session away, each at a moment of its own, and from now on whoever still comes in. */
    public void drain(Drain begun) {
        drain = begun;
        int place = 0;
        for (Session session : sessions) {
            sendAway(session, begun.slope(), begun.slope().toldMs(place++, sessions.size(), random.getAsDouble()));
        }
    }

    /**
     * Asks some browsers to come back over another connection.
     *
     * @param ageMsMin how long they have been here at least: who was moved a while ago is left alone, wherever it was before
     * @param withinMs in which they come back, each at a moment of its own
     */
    public void askToMove(int count, long ageMsMin, long withinMs, String reason) {
        int left = count;
        Iterator<Session> each = sessions.iterator();
        while (left > 0 && each.hasNext()) {
            if (each.next().askToMove(ageMsMin, withinMs, reason)) {
                left--;
            }
        }
    }

    private void sendAway(Session session, Slope slope, long waitMs) {
        long toldMs = nowMs() + waitMs;
        wheel.schedule(new Departure(session, toldMs, slope.delayMs(), slope.graceMs()), toldMs);
    }

    public Wheel wheel() {
        return wheel;
    }

    public long nowMs() {
        return clock.getAsLong();
    }

    /** The name of this gateway, for the welcome. */
    String node() {
        return node;
    }

    SessionLimits limits() {
        return limits;
    }

    Reports reports() {
        return reports;
    }

    SessionMetrics metrics() {
        return metrics;
    }

    /** The empty queue of this loop. */
    SendQueue nothing() {
        return nothing;
    }

    /** So many bytes more wait for browsers. */
    void waits(int bytes) {
        queueBytes.add(bytes);
    }

    Count deliveries(String transport) {
        return deliveries.computeIfAbsent(transport, metrics::deliveries);
    }

    /** Since when a session that began at {@code start} is in step, at the latest [ms]. */
    long asOfMs(ServerTime start) {
        return asOfMs == 0 ? start.ms() - UNCERTAIN_MS : asOfMs;
    }

    int mark(Channel channel) {
        Audience audience = audiences.get(channel);
        return audience == null ? 0 : audience.mark;
    }

    Subscription subscribe(Session session, Channel channel, Start start) {
        Subscription subscription = new Subscription(session, channel, start.point());
        audiences.computeIfAbsent(channel, none -> new Audience()).add(subscription);
        source.join(this, subscription, start);
        return subscription;
    }

    /** Has what a channel that the session hears has kept brought to it. */
    void replay(Replay replay, Start start) {
        source.join(this, replay, start);
    }

    void unsubscribe(Subscription subscription) {
        subscription.end();
        Channel channel = subscription.channel();
        Audience audience = audiences.get(channel);
        if (audience == null) {
            return;
        }
        audience.remove(subscription);
        if (audience.isEmpty()) {
            audiences.remove(channel);
            source.leave(this, channel);
        }
    }

    /** Has the session write what waits at the end of this tick, together with all others. */
    void flushLater(Outflow session) {
        dirty.add(session);
        if (!inTurn) {
            turnSoon();
        }
    }

    private boolean isDue(Outflow session) {
        try {
            return session.isDue();
        } catch (RuntimeException bug) {
            failed(session, bug);
            return false;
        }
    }

    private void write(Outflow session, long nowMs) {
        try {
            session.write(nowMs);
        } catch (RuntimeException bug) {
            failed(session, bug);
        }
    }

    /** A bug that one session meets ends that session, whose browser then resumes, and keeps nothing from the others. */
    void failed(Outflow session, RuntimeException bug) {
        execute(session::abandon);
        execute(() -> {
            throw bug;
        });
    }

    void closed(Session session) {
        sessions.remove(session);
    }
}
