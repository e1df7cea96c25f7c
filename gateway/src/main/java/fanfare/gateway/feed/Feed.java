package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Evidence;
import fanfare.broker.Reading;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Start;
import fanfare.gateway.session.Subscription;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.PerShard;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shard;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that this gateway follows in Redis, each channel once however many sessions want it. Confined to the node
 * loop; {@link #join} and {@link #leave} may be called from any hub's loop, and hubs are answered on theirs.
 */
public final class Feed implements Hub.Source {
    private static final System.Logger LOG = System.getLogger(Feed.class.getName());

    private static final int READ_RETRY_MS = 200;
    /** How often a feed that pauses looks whether it may go on. */
    private static final int PAUSE_MS = 10;

    private final Vertx vertx;
    private final Context context;
    private final Keys keys;
    private final Shards shards;
    private final ChannelReader reader;
    private final RedisClock clock;
    private final FeedLimits limits;
    private final PerShard<ShardFeed> feeds;
    /** What was asked for before it was known which shards there are. */
    private List<Runnable> early = new ArrayList<>();

    private boolean known;
    /** Redis is left waiting. */
    private boolean paused;

    private final Backlog.Budget budget;
    private final RecentItems.Budget recent;
    private final DeliveredIds delivered;
    private final Counter resubscriptions;
    private final Counter malformed;
    private final Counter gaps;
    private final Counter pauses;
    private final Bundles bundles;
    private final Comparison comparison;
    /** All event loops that serve browsers. */
    private final Set<Hub> hubs = new HashSet<>();
    /** Counts what is handed to sessions, so that a repeat reaches only who came after the first time. */
    private long stamps;
    /** When it was last known that nothing is missing here [ns]; read by metrics from other threads, as is the next. */
    private final AtomicLong inStepNs = new AtomicLong(System.nanoTime());

    private final AtomicInteger channels = new AtomicInteger();

    /**
     * Makes the feed of the current event loop. Commands go over {@code commands}, which belongs to the caller.
     *
     * @param probe what this gateway's probes are called
     * @param probed told when a shard has taken one and is to bring it back
     * @param first what must have been done after a loss before anything is subscribed
     */
    public Feed(
            Vertx vertx,
            Ticker ticker,
            Shards shards,
            Keys keys,
            RedisLinks commands,
            RedisClock clock,
            Pulse pulse,
            String probe,
            Consumer<Shard> probed,
            Supplier<Future<Void>> first,
            FeedLimits limits,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.keys = keys;
        this.shards = shards;
        this.clock = clock;
        this.limits = limits;
        this.reader = new ChannelReader(commands, keys, limits.read(), limits.kept());
        this.budget = new Backlog.Budget(limits.recoveryBytesMax(), metrics);
        this.recent = new RecentItems.Budget(limits.recentItemsMax(), limits.read(), limits.recentBytesMax(), metrics);
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
        this.pauses = Counter.builder("fanfare_feed_pauses_total")
                .description(
                        "Times that Redis was left waiting, since an event loop was behind with what it has to deliver")
                .register(metrics);
        Gauge.builder("fanfare_feed_in_step_age_seconds", inStepNs, at -> (System.nanoTime() - at.get()) / 1e9)
                .description("Since when this gateway does not know that it has all that was published")
                .register(metrics);
        Gauge.builder("fanfare_feed_channels", channels, AtomicInteger::get)
                .description("Channels that this gateway follows")
                .register(metrics);
        LuaScript probing = new LuaScript(shards.pubSub().words(), "probe");
        feeds = new PerShard<>(
                shards,
                shard -> {
                    ShardFeed[] made = new ShardFeed[1];
                    made[0] = new ShardFeed(
                            ticker,
                            context,
                            shard,
                            Objects.requireNonNull(commands.of(shard)),
                            keys,
                            reader,
                            probe,
                            probing,
                            number -> new Subscriber<>(
                                    vertx,
                                    shard.masters(),
                                    "subscriber-" + number + shard.suffix(),
                                    ticker,
                                    pulse,
                                    shards.pubSub(),
                                    () -> keys.probe(shard, probe),
                                    first,
                                    random,
                                    metrics,
                                    new FromRedis(() -> made[0])),
                            () -> probed.accept(shard),
                            () -> shards.refresh(made[0].commands));
                    made[0].open();
                    return made[0];
                },
                ShardFeed::close,
                this::moved);
        bundles = new Bundles(keys, commands, this::subscribers, this::message, this::malformed, metrics);
        comparison = new Comparison(this, reader);
        ticker.every(Comparison.PERIOD, comparison::goOn);
    }

    /** Connects, and follows what everybody wants for as long as the gateway runs. */
    public void open() {
        feeds.open(context);
        whenKnown(() -> follow(Channel.BROADCAST));
    }

    public Future<Void> close() {
        return Future.all(feeds.all().stream().map(ShardFeed::close).toList()).mapEmpty();
    }

    /** Whether every link to some shard is up; may be asked on any thread. */
    public boolean isUp() {
        return feeds.all().stream().anyMatch(ShardFeed::isUp);
    }

    /** One more event loop, to be told up to when its sessions are in step; may be called on any thread. */
    public void register(Hub hub) {
        context.runOnContext(turn -> hubs.add(hub));
    }

    /** Presence in Redis names this gateway by this id from now on. */
    public void become(String incarnation) {
        bundles.become(incarnation);
    }

    /** A link for commands is there. */
    public void commandsUp(RedisLink link) {
        feeds.all().stream().filter(feed -> feed.commands == link).forEach(ShardFeed::probe);
    }

    /** The link for commands is lost: the next one may reach another Redis. */
    public void commandsLost(RedisLink link) {
        feeds.all().stream().filter(feed -> feed.commands == link).forEach(ShardFeed::lost);
        comparison.lost();
    }

    @Override
    public void join(Hub hub, Subscription subscription, Start start) {
        whenKnown(() -> {
            // Followed from now on, so that a leave that comes before the join finds it.
            Followed channel = follow(subscription.channel());
            channel.add(hub);
            Evidence evidence = start.evidence();
            if (evidence == null) {
                Evidence fresh = new Evidence(start.point().sinceMs(), channel.mark());
                Claim claim = new Claim(start.point(), start.taken(), fresh, null, channel.losses());
                channel.state().join(new Join(hub, subscription, claim));
            } else {
                resume(channel, hub, subscription, start, evidence);
            }
        });
    }

    /** Joins once it is known what the slot says of itself now, however long that takes. */
    private void resume(Followed channel, Hub hub, Subscription subscription, Start start, Evidence evidence) {
        channel.feed()
                .freshFence(channel.channel())
                .onSuccess(fence -> {
                    Claim claim = new Claim(start.point(), start.taken(), evidence, fence, channel.losses());
                    channel.state().join(new Join(hub, subscription, claim));
                })
                .onFailure(failure -> vertx.setTimer(READ_RETRY_MS, timer -> {
                    if (channel.isWanted() && channel.isWantedBy(hub)) {
                        resume(channel, hub, subscription, start, evidence);
                    }
                }));
    }

    @Override
    public void leave(Hub hub, Channel channel) {
        whenKnown(() -> {
            Followed left = find(channel);
            if (left != null && left.isWanted() && left.remove(hub) && !channel.equals(Channel.BROADCAST)) {
                if (channel.kind() == Channel.Kind.TOPIC) {
                    // Nobody else's: sites make up topics without end, while users share their buckets' fences.
                    left.feed().forgetFence(channel);
                }
                channels.decrementAndGet();
                left.state().end();
                left.subscriber().unsubscribe(left);
            }
        });
    }

    /** Does something on the node loop, once it is known which shards there are. */
    private void whenKnown(Runnable task) {
        context.runOnContext(turn -> {
            if (known) {
                task.run();
            } else {
                early.add(task);
            }
        });
    }

    /** Slots have other owners: their channels are heard there from now on, as after the loss of a link. */
    private void moved() {
        known = true;
        feeds.all().forEach(feed -> resubscriptions.increment(feed.moveAway(this::at)));
        List<Runnable> waiting = early;
        early = new ArrayList<>();
        waiting.forEach(Runnable::run);
    }

    private ShardFeed at(String name) {
        return Objects.requireNonNull(feeds.at(name));
    }

    private List<Subscriber<Followed>> subscribers() {
        return feeds.all().stream().flatMap(feed -> feed.subscribers.stream()).toList();
    }

    private Followed follow(Channel channel) {
        String name = keys.live(channel);
        Followed known = find(channel);
        if (known != null && known.isWanted()) {
            return known;
        }
        Followed followed = known == null ? new Followed(this, channel, at(name), name) : known;
        if (known != null) {
            known.beginAnew();
        }
        channels.incrementAndGet();
        followed.subscriber().subscribe(followed);
        return followed;
    }

    /** A channel, be it followed or just left; null if it is neither. */
    private @Nullable Followed find(Channel channel) {
        String tag = Keys.tag(channel);
        return Objects.requireNonNull(feeds.atTag(tag)).subscriber(tag).channel(keys.live(channel, tag));
    }

    /** Gives an item to a channel that is subscribed to; says whether it is. */
    private boolean message(Channel channel, Item item) {
        Followed followed = find(channel);
        if (followed == null || !followed.isWanted() || followed.state().state() == FeedChannel.State.SUBSCRIBING) {
            return false;
        }
        followed.state().message(item);
        return true;
    }

    FeedChannel<Join> newState(Channel channel, Followed actions) {
        return new FeedChannel<>(channel, actions, budget, recent);
    }

    /** All channels that are followed. */
    void followed(Consumer<Followed> each) {
        subscribers().forEach(subscriber -> subscriber.channels().stream()
                .filter(Followed::isWanted)
                .forEach(each));
    }

    /** Whether everything that a channel's master publishes is heard, and what is read comes from there. */
    boolean isInStep(Followed channel) {
        return channel.state().state() == FeedChannel.State.LIVE
                && channel.feed().isSameMaster(channel.subscriber().link());
    }

    ChannelReader reader() {
        return reader;
    }

    void retry(Runnable task) {
        vertx.setTimer(READ_RETRY_MS, timer -> task.run());
    }

    long keptMs() {
        return limits.keptMs();
    }

    /** What came on a pub/sub channel; null, and counted, if it is no publication. */
    @Nullable
    Item parsed(String name, Buffer message) {
        try {
            return Item.parse(message);
        } catch (IllegalArgumentException e) {
            malformed(name, e);
            return null;
        }
    }

    private void malformed(String name, IllegalArgumentException why) {
        if (malformed.count() == 0) {
            LOG.log(System.Logger.Level.WARNING, "on {0}: {1}", name, why.getMessage());
        }
        malformed.increment();
    }

    /** Notes that an item is handed to sessions; the stamp under which it was before, 0 if it was not. */
    long handedOut(long channelHash, Item item) {
        return delivered.add(channelHash, item, ++stamps);
    }

    boolean isTimely(Item item) {
        return item.expiresMs() > clock.estimateMs();
    }

    void countGap() {
        gaps.increment();
    }

    /** A session has what it missed, and hears what is live from now on. */
    void joined(Followed followed, Join join, Reading missed) {
        Channel channel = join.subscription().channel();
        long stamp = ++stamps;
        long channelHash = DeliveredIds.hash(channel);
        missed.items().forEach(item -> delivered.add(channelHash, item, stamp));
        List<Message> messages = new ArrayList<>(missed.items().size());
        for (Item item : missed.items()) {
            if (isTimely(item)) {
                messages.add(Message.of(channel, item));
            }
        }
        boolean whole = join.claim()
                .isMet(
                        missed,
                        followed.feed().master(),
                        followed.losses(),
                        followed.feed().fenceNow(channel),
                        limits.keptMs());
        if (!whole && !join.claim().resumes()) {
            messages.add(0, Message.gap(channel.label()));
        }
        join.hub().execute(() -> join.subscription().joined(messages, whole, missed.before(), stamp));
    }

    /**
     * Leaves what comes with Redis while an event loop is behind. Redis keeps some of it ({@code client-output-buffer-limit
     * pubsub}); if that is not enough, the links are lost, and what was missed is read later.
     */
    void pause() {
        feeds.all().forEach(feed -> feed.pause(true));
        if (!paused) {
            paused = true;
            pauses.increment();
            goOnLater();
        }
    }

    private void goOnLater() {
        vertx.setTimer(PAUSE_MS, timer -> {
            if (hubs.stream().anyMatch(Hub::isBehind)) {
                goOnLater();
            } else {
                paused = false;
                feeds.all().forEach(feed -> feed.pause(false));
            }
        });
    }

    /** What the subscribers of a shard tell. */
    private final class FromRedis implements Subscriber.Listener<Followed> {
        private final Supplier<ShardFeed> feed;

        FromRedis(Supplier<ShardFeed> feed) {
            this.feed = feed;
        }

        @Override
        public void lost(Subscriber<Followed> subscriber) {
            feed.get().lost(subscriber);
            comparison.lost();
            subscriber.channels().stream().filter(Followed::isWanted).forEach(channel -> channel.state()
                    .lost());
        }

        @Override
        public void back(int count) {
            resubscriptions.increment(count);
        }

        @Override
        public void inStep() {
            inStepNs.set(System.nanoTime());
            long asOfMs =
                    feeds.all().stream().mapToLong(ShardFeed::asOfMs).min().orElseThrow();
            hubs.forEach(hub -> hub.execute(() -> hub.inStep(asOfMs)));
            comparison.inStep();
        }

        @Override
        public void displaced(Subscriber<Followed> subscriber) {
            shards.refresh(subscriber.link());
        }
    }
}
