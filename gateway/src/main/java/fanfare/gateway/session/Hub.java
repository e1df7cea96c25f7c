package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.gateway.protocol.Message;
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

    private final Context context;
    private final String node;
    private final Source source;
    private final SessionLimits limits;
    private final SessionMetrics metrics;
    private final LongSupplier clock;
    private final DoubleSupplier random;
    private final Wheel wheel;
    private final Set<Session> sessions = new HashSet<>();
    private final Map<Channel, List<Subscription>> subscriptions = new HashMap<>();
    /** Sessions with something to write, which they do together at the end of the tick. */
    private List<Session> dirty = new ArrayList<>();

    /** Makes the hub of the current event loop; the clock gives milliseconds. */
    public Hub(
            Vertx vertx,
            String node,
            Source source,
            SessionLimits limits,
            SessionMetrics metrics,
            LongSupplier clock,
            DoubleSupplier random) {
        this.context = vertx.getOrCreateContext();
        this.node = node;
        this.source = source;
        this.limits = limits;
        this.metrics = metrics;
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
     * @param startMs from when on nothing may be missing, on Redis' clock
     * @param onClosed told once, when the session is over
     */
    public Session open(Transport transport, String connection, long startMs, Consumer<Session> onClosed) {
        Session session = new Session(this, transport, connection, startMs, random.getAsDouble(), onClosed);
        sessions.add(session);
        wheel.schedule(session, session.tick(nowMs()));
        return session;
    }

    /** A publication for whoever is subscribed here. */
    public void deliver(Channel channel, Message message) {
        List<Subscription> receivers = subscriptions.get(channel);
        if (receivers != null) {
            for (Subscription receiver : receivers) {
                receiver.deliver(message);
            }
        }
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

    SessionMetrics metrics() {
        return metrics;
    }

    Subscription subscribe(Session session, Channel channel, Start start) {
        Subscription subscription =
                new Subscription(session, channel, start.point().after());
        subscriptions.computeIfAbsent(channel, none -> new ArrayList<>(1)).add(subscription);
        source.join(this, subscription, start);
        return subscription;
    }

    void unsubscribe(Subscription subscription) {
        subscription.end();
        Channel channel = subscription.channel();
        List<Subscription> receivers = subscriptions.get(channel);
        if (receivers == null) {
            return;
        }
        int index = receivers.indexOf(subscription);
        if (index >= 0) {
            Subscription last = receivers.remove(receivers.size() - 1);
            if (last != subscription) {
                receivers.set(index, last);
            }
        }
        if (receivers.isEmpty()) {
            subscriptions.remove(channel);
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
                flushed.forEach(Session::flush);
            });
        }
    }

    void closed(Session session) {
        sessions.remove(session);
    }
}
