package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Start;
import fanfare.gateway.session.Subscription;
import fanfare.redis.Keys;
import fanfare.redis.Masters;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything that this gateway follows in Redis, each channel once however many sessions want it. Confined to the node
 * loop; {@link #join} and {@link #leave} may be called from any hub's loop, and hubs are answered on theirs.
 */
public final class Feed implements Hub.Source {
    private static final System.Logger LOG = System.getLogger(Feed.class.getName());

    private static final int READ_RETRY_MS = 200;
    /** A lost last message shows no gap; within this time each channel's newest position is compared [s]. */
    private static final int COMPARE_S = 60;

    private final Vertx vertx;
    private final Context context;
    private final Keys keys;
    private final RedisLink commands;
    private final ChannelReader reader;
    private final RedisClock clock;
    private final FeedLimits limits;
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final Backlog.Budget budget;
    private final RecentItems.Budget recent;
    private final DeliveredIds delivered;
    private final Counter resubscriptions;
    private final Counter malformed;
    private final Counter gaps;
    private final Bundles bundles;
    private final Map<Channel, Followed> followed = new HashMap<>();
    /** The same by the name of the pub/sub channel. */
    private final Map<String, Followed> byName = new HashMap<>();
    /** Fences by key, as they were found since the last loss of a link. */
    private final Map<String, Future<Fence>> fences = new HashMap<>();
    /** Channels that are still to be compared in this round. */
    private final Queue<Followed> uncompared = new ArrayDeque<>();

    private int comparedPerBeat;
    /** All event loops that serve browsers. */
    private final Set<Hub> hubs = new HashSet<>();
    /** When Redis last took a write of this gateway, on its clock [ms]; 0 before the first. */
    private long writtenMs;
    /** Links lost so far. */
    private int losses;
    /** Counts what is handed to sessions, so that a repeat reaches only who came after the first time. */
    private long stamps;
    /** Read by metrics from other threads. */
    private final AtomicInteger channels = new AtomicInteger();

    /**
     * Makes the feed of the current event loop. Commands go over {@code commands}, which belongs to the caller.
     *
     * @param first what must have been done after a loss before anything is subscribed
     */
    public Feed(
            Vertx vertx,
            Masters masters,
            Keys keys,
            RedisLink commands,
            RedisClock clock,
            Pulse pulse,
            String probe,
            Supplier<Future<Void>> first,
            FeedLimits limits,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.keys = keys;
        this.commands = commands;
        this.clock = clock;
        this.limits = limits;
        this.reader = new ChannelReader(commands, keys, limits.read());
        this.budget = new Backlog.Budget(limits.recoveryBytesMax(), metrics);
        this.recent = new RecentItems.Budget(limits.recentItemsMax(), limits.recentBytesMax(), metrics);
        this.delivered = new DeliveredIds(limits.idsMax(), metrics);
        this.resubscriptions = Counter.builder("fanfare_redis_resubscriptions_total")
                .description("Channels subscribed again after a lost link")
                .register(metrics);
        this.malformed = Counter.builder("fanfare_feed_malformed_total")
                .description("Messages from Redis that were no publications")
                .register(metrics);
        this.gaps = Counter.builder("fanfare_gaps_total")
                .description("Times that the sessions of a channel were told that something is lost")
                .register(metrics);
        Gauge.builder("fanfare_feed_channels", channels, AtomicInteger::get)
                .description("Channels that this gateway follows")
                .register(metrics);
        for (int i = 0; i < Keys.CONNECTIONS; i++) {
            subscribers.add(new Subscriber(
                    vertx, masters, "subscriber-" + i, pulse, probe, first, random, metrics, new FromRedis()));
        }
        this.bundles = new Bundles(keys, commands, subscribers, this::message, metrics);
        pulse.onBeat(this::compareSome);
    }

    /** Connects, and follows what everybody wants for as long as the gateway runs. */
    public void open() {
        subscribers.forEach(Subscriber::open);
        follow(Channel.BROADCAST);
    }

    public Future<Void> close() {
        return Future.all(subscribers.stream().map(Subscriber::close).toList()).mapEmpty();
    }

    /** Whether every link is up; may be asked on any thread. */
    public boolean isUp() {
        return subscribers.stream().allMatch(subscriber -> subscriber.link().isUp());
    }

    /** One more event loop, to be told up to when its sessions are in step; may be called on any thread. */
    public void register(Hub hub) {
        context.runOnContext(turn -> hubs.add(hub));
    }

    /** Presence in Redis names this gateway by this id from now on. */
    public void become(String incarnation) {
        bundles.become(incarnation);
    }

    /** Redis has taken a renewal of the lease and said so on the probe's channel. */
    public void probed(long serverMs) {
        writtenMs = serverMs;
        subscribers.forEach(Subscriber::expectProbe);
    }

    /** The link for commands is lost: the next one may reach another Redis. */
    public void commandsLost() {
        losses++;
        fences.clear();
    }

    @Override
    public void join(Hub hub, Subscription subscription, Start start) {
        context.runOnContext(turn -> {
            // Followed from now on, so that a leave that comes before the join finds it.
            Followed channel = follow(subscription.channel());
            channel.add(hub);
            Evidence evidence = start.evidence();
            if (evidence == null) {
                Evidence fresh = new Evidence(start.point().sinceMs(), channel.mark());
                Claim claim = new Claim(start.point(), start.replid(), fresh, null, losses);
                channel.state.join(new Join(hub, subscription, claim));
            } else {
                resume(channel, hub, subscription, start, evidence);
            }
        });
    }

    /** Joins once it is known what the slot says of itself now, however long that takes. */
    private void resume(Followed channel, Hub hub, Subscription subscription, Start start, Evidence evidence) {
        reader.fence(channel.channel(), limits.keptMs() / 1_000)
                .onSuccess(fence -> {
                    Claim claim = new Claim(start.point(), start.replid(), evidence, fence, losses);
                    channel.state.join(new Join(hub, subscription, claim));
                })
                .onFailure(failure -> vertx.setTimer(READ_RETRY_MS, timer -> {
                    if (isFollowed(channel) && channel.hubs.contains(hub)) {
                        resume(channel, hub, subscription, start, evidence);
                    }
                }));
    }

    @Override
    public void leave(Hub hub, Channel channel) {
        context.runOnContext(turn -> {
            Followed left = followed.get(channel);
            if (left != null && left.hubs.remove(hub) && left.hubs.isEmpty() && !channel.equals(Channel.BROADCAST)) {
                followed.remove(channel);
                byName.remove(left.name);
                if (channel.kind() == Channel.Kind.TOPIC) {
                    // Nobody else's: sites make up topics without end, while users share their buckets' fences.
                    fences.remove(keys.fence(channel));
                }
                channels.decrementAndGet();
                left.state.end();
                left.subscriber.unsubscribe(left.name);
            }
        });
    }

    private Followed follow(Channel channel) {
        Followed existing = followed.get(channel);
        if (existing != null) {
            return existing;
        }
        String name = keys.live(channel);
        Subscriber subscriber = subscribers.get(Keys.connection(Keys.tag(channel)));
        Followed added = new Followed(new FeedChannel<>(channel, new ToHubs(), budget, recent), subscriber, name);
        followed.put(channel, added);
        byName.put(name, added);
        channels.incrementAndGet();
        subscriber.subscribe(name);
        return added;
    }

    /** Gives an item to a channel that is subscribed to; says whether it is. */
    private boolean message(Channel channel, Item item) {
        Followed of = followed.get(channel);
        if (of == null || of.state.state() == FeedChannel.State.SUBSCRIBING) {
            return false;
        }
        of.state.message(item);
        return true;
    }

    private boolean isFollowed(Followed channel) {
        return followed.get(channel.channel()) == channel;
    }

    /** The fence of a channel's slot, read once after each loss: many users share one. */
    private Future<Fence> fence(Channel channel) {
        String key = keys.fence(channel);
        Future<Fence> known = fences.get(key);
        if (known != null && !known.failed()) {
            return known;
        }
        Future<Fence> asked = reader.fence(channel, limits.keptMs() / 1_000);
        fences.put(key, asked);
        return asked;
    }

    private @Nullable Fence fenceNow(Channel channel) {
        Future<Fence> known = fences.get(keys.fence(channel));
        return known != null && known.succeeded() ? known.result() : null;
    }

    /** Compares a share of the channels with Redis, so that each has its turn within {@value #COMPARE_S} s. */
    private void compareSome() {
        if (uncompared.isEmpty()) {
            uncompared.addAll(followed.values());
            comparedPerBeat = 1 + uncompared.size() / COMPARE_S;
        }
        for (int i = 0; i < comparedPerBeat && !uncompared.isEmpty() && commands.isUp(); i++) {
            Followed channel = uncompared.remove();
            if (isFollowed(channel) && channel.state.state() == FeedChannel.State.LIVE && isSameMaster(channel)) {
                reader.tail(channel.channel()).onSuccess(channel.state::compare);
                if (channel.channel().kind() == Channel.Kind.TOPIC) {
                    keepFence(channel.channel());
                }
            }
        }
    }

    /**
     * Has a topic's fence live on for as long as somebody reckons with its mark: if it ended with a silent log, then what
     * comes next would look like the first message after a loss.
     */
    private void keepFence(Channel topic) {
        reader.fence(topic, limits.keptMs() / 1_000);
    }

    private boolean isSameMaster(Followed channel) {
        return commands.replid().equals(channel.subscriber.link().replid());
    }

    /** What the subscribers bring. */
    private final class FromRedis implements Subscriber.Listener {
        @Override
        public void subscribed(String name) {
            Followed channel = byName.get(name);
            if (channel != null) {
                channel.state.subscribed();
            }
        }

        @Override
        public void message(String name, Buffer message) {
            try {
                Followed channel = byName.get(name);
                if (channel != null) {
                    channel.state.message(Item.parse(message));
                } else if (bundles.areOn(name)) {
                    bundles.message(message);
                }
            } catch (IllegalArgumentException e) {
                if (malformed.count() == 0) {
                    LOG.log(System.Logger.Level.WARNING, "on {0}: {1}", name, e.getMessage());
                }
                malformed.increment();
            }
        }

        @Override
        public void lost(Subscriber subscriber) {
            losses++;
            fences.clear();
            followed.values().stream()
                    .filter(channel -> channel.subscriber == subscriber)
                    .forEach(channel -> channel.state.lost());
        }

        @Override
        public void back(int count) {
            resubscriptions.increment(count);
        }

        @Override
        public void inStep() {
            long asOfMs =
                    subscribers.stream().mapToLong(Subscriber::asOfMs).min().orElseThrow();
            hubs.forEach(hub -> hub.execute(() -> hub.inStep(asOfMs)));
        }
    }

    /** What the channels want done. */
    private final class ToHubs implements FeedChannel.Actions<Join> {
        @Override
        public Reading.Point pointOf(Join join) {
            return join.claim().from(commands.replid());
        }

        @Override
        public void read(FeedChannel<Join> channel, Reading.Point point, int attempt) {
            Followed of = readable(channel);
            if (of != null) {
                Future<Fence> fence = fence(channel.channel());
                Future<Reading> reading = reader.read(channel.channel(), point);
                Future.all(fence, reading)
                        .onSuccess(both -> {
                            if (of.mark() == 0) {
                                of.mark(fence.result(), writtenMs);
                            }
                            channel.read(attempt, reading.result());
                        })
                        .onFailure(failure -> again(channel, attempt));
            }
        }

        @Override
        public void tail(FeedChannel<Join> channel, int attempt) {
            if (readable(channel) != null) {
                reader.tail(channel.channel())
                        .onSuccess(newest -> channel.tail(attempt, newest))
                        .onFailure(failure -> again(channel, attempt));
            }
        }

        /** The channel if it can be read: it is followed, and what is read is what sends its messages. */
        private @Nullable Followed readable(FeedChannel<Join> channel) {
            Followed of = followed.get(channel.channel());
            if (of == null || of.state != channel) {
                return null;
            }
            RedisLink subscribed = of.subscriber.link();
            if (commands.isUp() && subscribed.isUp() && !isSameMaster(of)) {
                // Two masters: what one of them kept says nothing about what the other one sends.
                subscribed.reconnect("another master than the one that is read from");
                commands.reconnect("another master than the one that is subscribed to");
                return null;
            }
            return of;
        }

        private void again(FeedChannel<Join> channel, int attempt) {
            vertx.setTimer(READ_RETRY_MS, timer -> channel.readFailed(attempt));
        }

        @Override
        public boolean proves(FeedChannel<Join> channel, Reading reading) {
            Followed of = followed.get(channel.channel());
            Fence fence = fenceNow(channel.channel());
            return reading.reach() == Reach.LINKED
                    || (of != null && fence != null && of.evidence().proves(reading, fence, limits.keptMs()));
        }

        @Override
        public void live(FeedChannel<Join> channel) {
            Followed of = followed.get(channel.channel());
            Fence fence = fenceNow(channel.channel());
            if (of != null && fence != null) {
                of.mark(fence, writtenMs);
            }
        }

        @Override
        public void deliver(Channel channel, Item item) {
            long firstStamp = delivered.add(channel, item, ++stamps);
            if (item.expiresMs() > clock.estimateMs()) {
                toHubs(channel, Message.of(channel, item), firstStamp);
            }
        }

        @Override
        public void gap(Channel channel) {
            gaps.increment();
            toHubs(channel, Message.gap(channel.label()), DeliveredIds.NEVER);
        }

        @Override
        public void joined(Join join, Reading missed) {
            Channel channel = join.subscription().channel();
            long stamp = ++stamps;
            missed.items().forEach(item -> delivered.add(channel, item, stamp));
            long now = clock.estimateMs();
            List<Message> messages = missed.items().stream()
                    .filter(item -> item.expiresMs() > now)
                    .map(item -> Message.of(channel, item))
                    .collect(Collectors.toCollection(ArrayList::new));
            boolean whole = join.claim().isMet(missed, commands.replid(), losses, fenceNow(channel), limits.keptMs());
            if (!whole && !join.claim().resumes()) {
                messages.add(0, Message.gap(channel.label()));
            }
            join.hub().execute(() -> join.subscription().joined(messages, whole, missed.before(), stamp));
        }

        private void toHubs(Channel channel, Message message, long afterStamp) {
            Followed of = followed.get(channel);
            if (of != null) {
                of.hubs.forEach(hub -> hub.execute(() -> hub.deliver(channel, message, afterStamp)));
            }
        }
    }
}
