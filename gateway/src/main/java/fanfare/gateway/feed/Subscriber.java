package fanfare.gateway.feed;

import fanfare.redis.Masters;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * One connection that does nothing but subscribe. Pushes steal the replies of other commands on the same connection, so
 * there are none here. One SUBSCRIBE or UNSUBSCRIBE is under way per channel, so that an acknowledgement is always that
 * of the last thing asked. After a loss everything wanted is subscribed again, in slices.
 */
final class Subscriber {
    /** What a subscriber tells its owner. */
    interface Listener {
        void subscribed(String channel);

        void message(String channel, Buffer message);

        /** The link is lost, and with it every subscription. */
        void lost(Subscriber subscriber);

        /** The link is back; what is wanted is being subscribed again. */
        void back(int channels);

        /** A probe came back: nothing that was published before it is missing here. */
        default void inStep() {}
    }

    /** A probe that Redis has taken and that is not back after this time tells that the connection is dead, or of another master. */
    private static final long PROBE_NS_MAX = TimeUnit.SECONDS.toNanos(5);

    private static final int FIRST_RETRY_MS = 200;
    /** Channels in one command; a dying connection with very many of them stalls Redis, as does a huge command. */
    private static final int SLICE = 500;

    /** What is wanted of a channel and what Redis has been asked. */
    private static final class Wish {
        boolean wanted;
        boolean subscribed;
        boolean underWay;
        /** It stands in the queue of the next slice. */
        boolean queued;
    }

    private final Vertx vertx;
    private final Context context;
    private final Pulse pulse;
    /** The pub/sub channel of the gateway's own probes. */
    private final String probe;
    /** What must have been done on each connection before anything but the probe is subscribed. */
    private final Supplier<Future<Void>> first;

    private final RedisLink link;
    private final Listener listener;
    /** The probe comes first, so that it is never behind a queue of others. */
    private final Map<String, Wish> wishes = new LinkedHashMap<>();
    /** Channels whose wish differs from what Redis was asked, in the order of asking. */
    private List<String> queue = new ArrayList<>();
    /** Acknowledgements that the slice under way still owes. */
    private int owed;

    private boolean flushing;
    private boolean wasLost;
    /** The connection is there, and what comes first is done. */
    private boolean ready;
    /** Counts connections, so that what was begun on one is not gone on with on the next. */
    private int connection;
    /** Since when a probe is owed that Redis has taken [ns]; 0 while none is. */
    private long owedProbeNs;
    /** Redis' time in the last probe that came [ms]; 0 before the first. */
    private long asOfMs;

    Subscriber(
            Vertx vertx,
            Masters masters,
            String name,
            Pulse pulse,
            String probe,
            Supplier<Future<Void>> first,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener listener) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.pulse = pulse;
        this.probe = probe;
        this.first = first;
        this.listener = listener;
        this.link = new RedisLink(vertx, masters, name, random, metrics, new RedisLink.Listener() {
            @Override
            public void up() {
                Subscriber.this.up();
            }

            @Override
            public void down() {
                Subscriber.this.down();
            }

            @Override
            public void push(Response message) {
                Subscriber.this.push(message);
            }
        });
        wish(probe, true);
        pulse.onLate(() -> link.reconnect("this process stood still"));
        pulse.onBeat(this::checkProbe);
    }

    void open() {
        link.open();
    }

    Future<Void> close() {
        return link.close();
    }

    /** Redis' time up to which nothing is missing here [ms]; 0 if that was never known. */
    long asOfMs() {
        return asOfMs;
    }

    /** Redis has taken a probe: it must come back soon over this connection too, or the connection is of no use. */
    void expectProbe() {
        Wish wish = wishes.get(probe);
        if (owedProbeNs == 0 && wish != null && wish.subscribed) {
            owedProbeNs = System.nanoTime();
        }
    }

    private void checkProbe() {
        if (owedProbeNs != 0 && System.nanoTime() - owedProbeNs > PROBE_NS_MAX) {
            link.reconnect("a probe did not come back");
        }
    }

    RedisLink link() {
        return link;
    }

    void subscribe(String channel) {
        wish(channel, true);
    }

    void unsubscribe(String channel) {
        wish(channel, false);
    }

    private void wish(String channel, boolean wanted) {
        Wish wish = wishes.computeIfAbsent(channel, none -> new Wish());
        wish.wanted = wanted;
        enqueue(channel, wish);
    }

    private void enqueue(String channel, Wish wish) {
        if (!wish.queued && !wish.underWay && wish.wanted != wish.subscribed) {
            wish.queued = true;
            queue.add(channel);
            flushLater();
        }
    }

    private void flushLater() {
        if (!flushing && owed == 0 && !queue.isEmpty()) {
            flushing = true;
            context.runOnContext(tick -> flush());
        }
    }

    private void flush() {
        flushing = false;
        if (!ready || owed > 0) {
            return;
        }
        List<String> slice = queue.subList(0, Math.min(SLICE, queue.size()));
        List<String> subscribe = new ArrayList<>();
        List<String> unsubscribe = new ArrayList<>();
        for (String channel : slice) {
            Wish wish = wishes.get(channel);
            if (wish == null) {
                continue;
            }
            wish.queued = false;
            if (wish.wanted == wish.subscribed) {
                // Left and wanted again, or the other way round, before Redis was told.
                settled(channel, wish);
            } else {
                wish.underWay = true;
                (wish.wanted ? subscribe : unsubscribe).add(channel);
            }
        }
        queue = new ArrayList<>(queue.subList(slice.size(), queue.size()));
        owed = subscribe.size() + unsubscribe.size();
        link.subscribing(Command.SUBSCRIBE, subscribe);
        link.subscribing(Command.UNSUBSCRIBE, unsubscribe);
        flushLater();
    }

    private void push(Response push) {
        int current = connection;
        pulse.check();
        if (current != connection) {
            return;
        }
        String channel = push.get(1).toString();
        switch (push.get(0).toString()) {
            case "message" -> {
                if (channel.equals(probe)) {
                    probeCame(push.get(2));
                } else {
                    listener.message(channel, push.get(2).toBuffer());
                }
            }
            case "subscribe" -> acknowledged(channel, true);
            case "unsubscribe" -> acknowledged(channel, false);
            default -> link.reconnect("unexpected push " + push.get(0));
        }
    }

    private void acknowledged(String channel, boolean subscribed) {
        Wish wish = wishes.get(channel);
        if (wish == null || !wish.underWay) {
            return;
        }
        owed--;
        wish.underWay = false;
        wish.subscribed = subscribed;
        if (wish.wanted == subscribed) {
            settled(channel, wish);
        } else {
            enqueue(channel, wish);
        }
        flushLater();
    }

    private void probeCame(Response serverMs) {
        owedProbeNs = 0;
        asOfMs = Long.parseLong(serverMs.toString());
        listener.inStep();
    }

    private void settled(String channel, Wish wish) {
        if (channel.equals(probe)) {
            return;
        }
        if (wish.wanted) {
            listener.subscribed(channel);
        } else {
            wishes.remove(channel);
        }
    }

    private void up() {
        prepare(++connection);
    }

    private void prepare(int current) {
        if (current == connection) {
            first.get().onComplete(done -> {
                if (done.failed()) {
                    vertx.setTimer(FIRST_RETRY_MS, timer -> prepare(current));
                } else if (current == connection) {
                    subscribeAll();
                }
            });
        }
    }

    private void subscribeAll() {
        ready = true;
        owed = 0;
        queue = new ArrayList<>();
        wishes.values().removeIf(wish -> !wish.wanted);
        if (wasLost) {
            listener.back(wishes.size() - 1);
        }
        wishes.forEach((channel, wish) -> {
            wish.queued = false;
            enqueue(channel, wish);
        });
    }

    private void down() {
        wasLost = true;
        ready = false;
        connection++;
        owedProbeNs = 0;
        wishes.values().forEach(wish -> {
            wish.subscribed = false;
            wish.underWay = false;
        });
        listener.lost(this);
    }
}
