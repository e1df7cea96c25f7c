package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.receipt.Receipt;
import fanfare.gateway.receipt.Reports;
import fanfare.redis.ServerTime;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * The sessions of one event loop and the channels that they are subscribed to. Confined to that event loop, but for
 * {@link #execute}, by which others hand it work.
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

    /** Who hears a channel here. */
    private static final class Audience {
        final List<Subscription> subscriptions = new ArrayList<>(1);
        /** Of the channel's slot in Redis; 0 while it is not known. */
        int mark;
    }

    private final Context context;
    private final String node;
    private final Source source;
    private final SessionLimits limits;
    private final SessionMetrics metrics;
    private final Reports reports;
    private final LongSupplier clock;
    private final DoubleSupplier random;
    private final Wheel wheel;
    private final Set<Session> sessions = new HashSet<>();
    private final Map<Channel, Audience> audiences = new HashMap<>();
    /** Redis' time up to which nothing that was published is missing here; 0 before that is known [ms]. */
    private long asOfMs;
    /** Sessions with something to write, which they do together at the end of the tick. */
    private List<Session> dirty = new ArrayList<>();

    /** Makes the hub of the current event loop; the clock gives milliseconds. */
    public Hub(
            Vertx vertx,
            String node,
            Source source,
            SessionLimits limits,
            SessionMetrics metrics,
            Reports reports,
            LongSupplier clock,
            DoubleSupplier random) {
        this.context = vertx.getOrCreateContext();
        this.node = node;
        this.source = source;
        this.limits = limits;
        this.metrics = metrics;
        this.reports = reports;
        this.clock = clock;
        this.random = random;
        this.wheel = new Wheel(clock.getAsLong());
        vertx.setPeriodic(Wheel.SLOT_MS, timer -> wheel.advance(clock.getAsLong()));
    }

    /** Runs something on this hub's event loop, after what was handed in before; may be called on any thread. */
    public void execute(Runnable task) {
        context.runOnContext(turn -> task.run());
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
        return session;
    }

    /**
     * A publication for whoever is subscribed here.
     *
     * @param firstStamp of a repeat, which only those get who joined after it was handed out first; else 0
     */
    public void deliver(Channel channel, Message message, long firstStamp) {
        Audience audience = audiences.get(channel);
        if (audience != null) {
            Receipt receipt = message.receipt();
            if (receipt != null && firstStamp == 0) {
                reports.held(receipt, audience.subscriptions.size());
            }
            for (Subscription receiver : audience.subscriptions) {
                try {
                    receiver.deliver(message, firstStamp);
                } catch (RuntimeException bug) {
                    failed(receiver.session(), bug);
                }
            }
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

    /** Closes every session at a moment of its own within {@code windowMs}. */
    public void drain(long windowMs) {
        for (Session session : sessions) {
            long due = nowMs() + (long) (windowMs * random.getAsDouble());
            wheel.schedule(
                    now -> {
                        if (now < due) {
                            return due;
                        }
                        session.close(CloseReason.DRAIN);
                        return Wheel.NEVER;
                    },
                    due);
        }
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
        audiences.computeIfAbsent(channel, none -> new Audience()).subscriptions.add(subscription);
        source.join(this, subscription, start);
        return subscription;
    }

    void unsubscribe(Subscription subscription) {
        subscription.end();
        Channel channel = subscription.channel();
        Audience audience = audiences.get(channel);
        if (audience == null) {
            return;
        }
        List<Subscription> receivers = audience.subscriptions;
        int index = receivers.indexOf(subscription);
        if (index >= 0) {
            Subscription last = receivers.remove(receivers.size() - 1);
            if (last != subscription) {
                receivers.set(index, last);
            }
        }
        if (receivers.isEmpty()) {
            audiences.remove(channel);
            source.leave(this, channel);
        }
    }

    /** Has the session write what waits at the end of this tick, together with all others. */
    void flushLater(Session session) {
        dirty.add(session);
        if (dirty.size() == 1) {
            context.runOnContext(tick -> {
                List<Session> flushed = dirty;
                dirty = new ArrayList<>();
                flushed.forEach(this::flush);
            });
        }
    }

    private void flush(Session session) {
        try {
            session.flush();
        } catch (RuntimeException bug) {
            failed(session, bug);
        }
    }

    /** A bug that one session meets ends that session, whose browser then resumes, and keeps nothing from the others. */
    private void failed(Session session, RuntimeException bug) {
        execute(session::abandon);
        execute(() -> {
            throw bug;
        });
    }

    void closed(Session session) {
        sessions.remove(session);
    }
}
