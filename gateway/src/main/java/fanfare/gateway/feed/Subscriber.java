package fanfare.gateway.feed;

import fanfare.process.Ticker;
import fanfare.redis.Masters;
import fanfare.redis.PubSub;
import fanfare.redis.Redirect;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One connection that does nothing but subscribe. Pushes steal the replies of other commands on the same connection, so
 * there are none here. One SUBSCRIBE or UNSUBSCRIBE is under way per channel, so that an acknowledgement is always that
 * of the last thing asked. After a loss everything wanted is subscribed again, in slices.
 *
 * @param <C> what its channels are
 */
final class Subscriber<C extends PubSubChannel> {
    /** What a subscriber tells its owner. */
    interface Listener<C extends PubSubChannel> {
        /** The link is lost, and with it every subscription. */
        default void lost(Subscriber<C> subscriber) {}

        /** The link is back; what is wanted is being subscribed again. */
        default void back(int channels) {}

        /** A probe came back: nothing that was published before it is missing here. */
        default void inStep() {}

        /** The slot of a channel has another owner, as Redis says. */
        default void displaced(Subscriber<C> subscriber) {}
    }

    /** A command, and the names of its channels that Redis has not acknowledged. */
    private record Asked(boolean subscribes, int slot, Set<String> owed) {}

    /** A probe that Redis has taken and that is not back after this time tells that the connection is dead, or of another master. */
    private static final long PROBE_NS_MAX = TimeUnit.SECONDS.toNanos(5);

    /** How often that is looked at. */
    private static final Duration CHECK = Duration.ofSeconds(1);

    private static final int FIRST_RETRY_MS = 200;
    /** A channel that a server sends away is asked for again this much later [ms]. */
    private static final int DISPLACED_MS = 100;
    /** Channels in one command; a dying connection with very many of them stalls Redis, as does a huge command. */
    private static final int SLICE = 500;

    private final Vertx vertx;
    private final Context context;
    private final Pulse pulse;
    /** Stop looking after the connection. */
    private final List<Runnable> stops;

    private final PubSub pubSub;
    /** The name under which the gateway's own probes come. */
    private final Supplier<String> probeName;
    /** What must have been done on each connection before anything but the probe is subscribed. */
    private final Supplier<Future<Void>> first;

    private final RedisLink link;
    private final Listener<C> listener;
    /** By name, until Redis has acknowledged that they are not subscribed any more; without the probe. */
    private final Map<String, C> channels = new HashMap<>();
    /** The gateway's own beside the probe, in the same way. */
    private final Map<String, PubSubChannel> own = new HashMap<>();
    /** Channels of which Redis was asked something else than what is wanted now, in the order of asking. */
    private List<PubSubChannel> queue = new ArrayList<>();
    /** The commands of the slice under way, whose acknowledgements come in this order. */
    private final Queue<Asked> asked = new ArrayDeque<>();
    /** Channels whose slots have other owners; empty nearly always. */
    private List<PubSubChannel> displaced = new ArrayList<>();
    /** The gateway's own probes. */
    private Probe probe;
    /** Lost with the link, and not known to have made up for it: of them a probe of the next link says nothing. */
    private final Set<C> behind = new HashSet<>();

    private boolean flushing;
    private boolean wasLost;
    /** The connection is there, and what comes first is done. */
    private boolean ready;
    /** Counts connections, so that what was begun on one is not gone on with on the next. */
    private int connection;
    /** Since when a probe is owed that Redis has taken [ns]; 0 while none is. */
    private long owedProbeNs;
    /** Since when nothing is taken from Redis [ns]; 0 while it is. */
    private long pausedNs;
    /** Redis' time in the last probe that came [ms]; 0 before the first. */
    private long heardMs;
    /** The same of the last one that came while no channel was behind. */
    private long asOfMs;

    Subscriber(
            Vertx vertx,
            Masters masters,
            String name,
            Ticker ticker,
            Pulse pulse,
            PubSub pubSub,
            Supplier<String> probeName,
            Supplier<Future<Void>> first,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener<C> listener) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.pulse = pulse;
        this.pubSub = pubSub;
        this.probeName = probeName;
        this.probe = new Probe(probeName.get());
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
        want(this.probe);
        stops = List.of(
                pulse.onLate(() -> link.reconnect("this process stood still")), ticker.every(CHECK, this::checkProbe));
    }

    void open() {
        link.open();
    }

    Future<Void> close() {
        stops.forEach(Runnable::run);
        return link.close();
    }

    /** Redis' time up to which everything that was published to what was subscribed has come [ms]; 0 before the first probe. */
    long heardMs() {
        return heardMs;
    }

    /** Redis' time up to which nothing is missing here [ms]; 0 if that was never known. */
    long asOfMs() {
        return asOfMs;
    }

    /** Redis has taken a probe: it must come back soon over this connection too, or the connection is of no use. */
    void expectProbe() {
        if (owedProbeNs == 0 && probe.subscribed) {
            owedProbeNs = System.nanoTime();
        }
    }

    /** Leaves what Redis sends with the network, or goes on; the time between does not count against a probe. */
    void pause(boolean on) {
        link.pause(on);
        if (on && pausedNs == 0) {
            pausedNs = System.nanoTime();
        } else if (!on && pausedNs != 0) {
            if (owedProbeNs != 0) {
                owedProbeNs += System.nanoTime() - Math.max(pausedNs, owedProbeNs);
            }
            pausedNs = 0;
        }
    }

    private void checkProbe() {
        nameProbe();
        if (owedProbeNs != 0 && pausedNs == 0 && System.nanoTime() - owedProbeNs > PROBE_NS_MAX) {
            link.reconnect("a probe did not come back");
        }
    }

    /** The shard may have lost the slot in which its probes were. */
    private void nameProbe() {
        if (!probe.name.equals(probeName.get())) {
            owedProbeNs = 0;
            own.put(probe.name, probe);
            unsubscribe(probe);
            probe = new Probe(probeName.get());
            want(probe);
        }
    }

    RedisLink link() {
        return link;
    }

    /** The channel of this name; null if it is neither wanted nor on its way out. */
    @Nullable
    C channel(String name) {
        return channels.get(name);
    }

    /** All that are wanted or on their way out. */
    Collection<C> channels() {
        return channels.values();
    }

    /** Wants a channel; there must be no other object for its name here. */
    void subscribe(C channel) {
        channels.put(channel.name, channel);
        want(channel);
    }

    /** Wants a channel of the gateway itself, which comes before those of others after a loss. */
    void subscribeOwn(PubSubChannel channel) {
        own.put(channel.name, channel);
        want(channel);
    }

    /** Gives up a channel whose slot has another owner, which hears it from now on. */
    void release(C channel) {
        channels.remove(channel.name);
        behind.remove(channel);
        if (channel.queued) {
            queue.remove(channel);
            channel.queued = false;
        }
        channel.lost();
    }

    private void want(PubSubChannel channel) {
        channel.wanted(true);
        enqueue(channel);
    }

    void unsubscribe(PubSubChannel channel) {
        channel.wanted(false);
        enqueue(channel);
    }

    private void enqueue(PubSubChannel channel) {
        if (!channel.queued && !channel.underWay && !channel.isSettled()) {
            channel.queued = true;
            queue.add(channel);
            flushLater();
        }
    }

    private void flushLater() {
        if (!flushing && asked.isEmpty() && !queue.isEmpty()) {
            flushing = true;
            context.runOnContext(tick -> flush());
        }
    }

    private void flush() {
        flushing = false;
        if (!ready || !asked.isEmpty()) {
            return;
        }
        List<PubSubChannel> slice = queue.subList(0, Math.min(SLICE, queue.size()));
        Map<Integer, Set<String>> subscribe = new LinkedHashMap<>();
        Map<Integer, Set<String>> unsubscribe = new LinkedHashMap<>();
        for (PubSubChannel channel : slice) {
            channel.queued = false;
            if (channel.isSettled()) {
                // Left and wanted again, or the other way round, before Redis was told.
                settled(channel);
            } else {
                channel.underWay = true;
                (channel.isWanted() ? subscribe : unsubscribe)
                        .computeIfAbsent(pubSub.slotOf(channel.name), slot -> new HashSet<>())
                        .add(channel.name);
            }
        }
        queue = new ArrayList<>(queue.subList(slice.size(), queue.size()));
        subscribe.forEach((slot, names) -> ask(true, slot, names));
        unsubscribe.forEach((slot, names) -> ask(false, slot, names));
        flushLater();
    }

    private void ask(boolean subscribes, int slot, Set<String> names) {
        asked.add(new Asked(subscribes, slot, names));
        link.subscribing(subscribes ? pubSub.subscribe() : pubSub.unsubscribe(), List.copyOf(names));
    }

    private void push(Response push) {
        int current = connection;
        pulse.check();
        if (current != connection) {
            return;
        }
        if (push.type() == ResponseType.ERROR) {
            refused(push.toString());
            return;
        }
        String name = push.get(1).toString();
        PubSubChannel channel = find(name);
        Response content = push.get(2);
        if (content != null && content.type() == ResponseType.BULK) {
            // Acknowledgements have a number there, so a message is known without reading what it calls itself.
            if (channel != null) {
                channel.message(content.toBuffer());
            }
            return;
        }
        switch (push.get(0).toString()) {
            case "subscribe", "ssubscribe" -> acknowledged(name, channel, true);
            case "unsubscribe", "sunsubscribe" -> acknowledged(name, channel, false);
            default -> link.reconnect("unexpected push " + push.get(0));
        }
    }

    private @Nullable PubSubChannel find(String name) {
        if (name.equals(probe.name)) {
            return probe;
        }
        C channel = channels.get(name);
        return channel == null ? own.get(name) : channel;
    }

    private void acknowledged(String name, @Nullable PubSubChannel channel, boolean subscribed) {
        Asked first = asked.peek();
        if (first == null || first.subscribes() != subscribed || !first.owed().remove(name)) {
            if (!subscribed && channel != null && channel.subscribed) {
                // Nobody asked for it: the slot has another owner.
                displace(channel);
            }
            return;
        }
        if (first.owed().isEmpty()) {
            asked.remove();
        }
        if (channel != null && channel.underWay) {
            channel.underWay = false;
            channel.subscribed = subscribed;
            if (channel.isSettled()) {
                settled(channel);
            } else {
                enqueue(channel);
            }
        }
        flushLater();
    }

    /**
     * An error names no channel, but the slot. If it is not that of the first command, then this server has ended what the
     * command was about before it came, and that was taken for its acknowledgement.
     */
    private void refused(String error) {
        int slot = Redirect.movedSlot(error);
        Asked first = asked.peek();
        if (slot < 0) {
            link.reconnect(error);
        } else if (first != null && first.slot() == slot) {
            asked.remove();
            for (String name : first.owed()) {
                PubSubChannel channel = find(name);
                if (channel != null && channel.underWay) {
                    displace(channel);
                }
            }
            flushLater();
        }
    }

    private void displace(PubSubChannel channel) {
        channel.lost();
        if (!channel.isWanted()) {
            settled(channel);
            return;
        }
        channel.left();
        if (displaced.isEmpty()) {
            vertx.setTimer(DISPLACED_MS, timer -> askAgain());
        }
        displaced.add(channel);
        listener.displaced(this);
    }

    /** Either the channels have been released by now, or this server may be theirs again. */
    private void askAgain() {
        List<PubSubChannel> waiting = displaced;
        displaced = new ArrayList<>();
        if (!waiting.isEmpty()) {
            // Whoever was asked the first time may not have heard of it yet.
            listener.displaced(this);
        }
        waiting.stream().filter(channel -> find(channel.name) == channel).forEach(this::enqueue);
    }

    private void settled(PubSubChannel channel) {
        if (channel.isWanted()) {
            channel.subscribed();
        } else {
            channels.remove(channel.name);
            own.remove(channel.name);
        }
    }

    private void up() {
        if (pausedNs != 0) {
            // What is wanted is subscribed, and so read, when there is room for it.
            link.pause(true);
        }
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
        asked.clear();
        displaced.clear();
        queue = new ArrayList<>();
        channels.values().removeIf(channel -> !channel.isWanted());
        own.values().removeIf(channel -> !channel.isWanted());
        if (wasLost) {
            listener.back(channels.size());
        }
        // The probe comes first, so that it is never behind a queue of others.
        again(probe);
        nameProbe();
        own.values().forEach(this::again);
        // Those of a slot together, which then need one command.
        channels.values().stream()
                .collect(Collectors.groupingBy(channel -> pubSub.slotOf(channel.name)))
                .values()
                .forEach(ofOneSlot -> ofOneSlot.forEach(this::again));
    }

    private void again(PubSubChannel channel) {
        channel.queued = false;
        enqueue(channel);
    }

    private void down() {
        wasLost = true;
        ready = false;
        connection++;
        owedProbeNs = 0;
        probe.lost();
        own.values().forEach(PubSubChannel::lost);
        for (C channel : channels.values()) {
            channel.lost();
            behind.add(channel);
        }
        listener.lost(this);
    }

    /** The gateway's own probes. */
    private final class Probe extends PubSubChannel {
        Probe(String name) {
            super(name);
        }

        @Override
        void subscribed() {}

        @Override
        void message(Buffer serverMs) {
            owedProbeNs = 0;
            heardMs = Long.parseLong(serverMs.toString());
            behind.removeIf(channel -> !channel.isWanted() || channel.isInStep());
            if (behind.isEmpty()) {
                asOfMs = heardMs;
            }
            listener.inStep();
        }
    }
}
