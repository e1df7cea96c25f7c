package fanfare.gateway.node;

import fanfare.config.RedisConfig;
import fanfare.control.ControlReader;
import fanfare.gateway.auth.AuthConfig;
import fanfare.gateway.auth.Credentials;
import fanfare.gateway.auth.SiteAuthenticator;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.feed.ControlFeed;
import fanfare.gateway.feed.Feed;
import fanfare.gateway.feed.FeedLimits;
import fanfare.gateway.feed.Pulse;
import fanfare.gateway.feed.RedisClock;
import fanfare.gateway.receipt.Collector;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.receipt.Reports;
import fanfare.gateway.relay.Owner;
import fanfare.gateway.relay.Owners;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.SessionMetrics;
import fanfare.http.Health;
import fanfare.presence.Crowd;
import fanfare.presence.Gateways;
import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.presence.PresenceWriter;
import fanfare.process.Bugs;
import fanfare.process.LoopLag;
import fanfare.process.Ticker;
import fanfare.receipt.ReceiptWriter;
import fanfare.redis.Keys;
import fanfare.redis.PubSub;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a gateway has once, whatever the number of its event loops: the feed, admission, presence, the site's commands.
 * All of it is confined to one event loop, the node loop; the public methods may be called from any.
 */
public final class Node {
    /** What a node is told of the gateway's settings. */
    public record Settings(
            String name,
            String relayHost,
            int relayPort,
            String version,
            RedisConfig redis,
            AuthConfig auth,
            int connectionsPerUserMax,
            FeedLimits feed,
            ReceiptLimits receipts,
            Rebalance.Settings rebalance,
            Duration redisGrace) {}

    private static final int LOOK_MS = 100;
    /** How exactly it is known since when Redis is away. */
    private static final Duration REDIS_LOOK = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Context loop;
    private final RedisLinks commands;
    private final RedisClock clock;
    private final Ticker ticker;
    private final Feed feed;
    private final Collector receipts;
    private final ReceiptLimits receiptLimits;
    private final Collector.Room receiptRoom;
    private final ControlFeed control;
    private final PresenceWriter presence;
    private final Admission admission;
    private final Owners owners;
    private final Rebalance rebalance;
    private final String relayHost;
    private volatile int relayPort;
    private volatile String incarnation = "";
    private final List<Consumer<Owners>> incarnationListeners = new CopyOnWriteArrayList<>();
    private final Drain drain;
    /** When every link to Redis was last seen up [ns]; 0 before the first time. */
    private volatile long redisSeenNs;
    /** Browsers find it. */
    private volatile boolean listens;

    /** Makes a node of the current event loop; {@code clockMs} only goes forward. */
    public Node(
            Vertx vertx,
            Settings settings,
            SessionMetrics sessions,
            Supplier<String> ids,
            LongSupplier clockMs,
            Drain drain,
            Health health,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        this.drain = drain;
        this.relayHost = settings.relayHost();
        this.relayPort = settings.relayPort();
        Keys keys = new Keys(settings.redis().prefix());
        Shards shards = Shards.of(vertx, settings.redis());
        commands = RedisLinks.open(vertx, shards, "commands", Node::random, metrics, new RedisLinks.Listener() {
            @Override
            public void up(RedisLink link) {
                commandsUp(link);
            }

            @Override
            public void down(RedisLink link) {
                commandsLost(link);
            }
        });
        clock = new RedisClock(vertx, commands, clockMs);
        ticker = Ticker.start(vertx, Duration.ofSeconds(1));
        LoopLag.watch(ticker, "node", metrics);
        Pulse pulse = new Pulse(ticker, System::nanoTime);
        String probe = ids.get();
        Roster roster = new Roster(settings.connectionsPerUserMax(), clock::estimateMs, this::opened, this::closed);
        Crowds crowds = new Crowds(
                vertx,
                new Crowd(vertx, commands, keys),
                roster,
                settings.connectionsPerUserMax(),
                this::incarnation,
                ids,
                metrics);
        SiteAuthenticator authenticator = new SiteAuthenticator(
                vertx,
                ticker,
                settings.auth().siteAuthUrl(),
                settings.auth().anonymous(),
                settings.auth().limits(),
                clockMs,
                System::currentTimeMillis,
                Node::random,
                metrics);
        admission = new Admission(authenticator, roster, clock::estimate, new Bugs(metrics));
        presence = new PresenceWriter(
                commands,
                keys,
                PresenceLimits.defaults(),
                ids,
                () -> new NodeState(
                        settings.name(),
                        relayAddress(),
                        sessions.connections(),
                        roster.users(),
                        listens && health.isReady(),
                        drain.isOn(),
                        settings.version()),
                this::begun,
                crowds::shared,
                metrics);
        rebalance = new Rebalance(
                new Gateways(commands, keys), this::incarnation, sessions::connections, drain, settings.rebalance());
        owners = new Owners(commands, keys, () -> new Owner(presence.incarnation(), relayAddress()), metrics);
        control = new ControlFeed(
                vertx,
                shards,
                keys,
                new ControlReader(commands, keys, admission::disconnect, admission::doubt),
                crowds::called,
                ticker,
                pulse,
                probe,
                Node::random,
                metrics);
        feed = new Feed(
                vertx,
                ticker,
                shards,
                keys,
                commands,
                clock,
                pulse,
                probe,
                shard -> {
                    if (shard == shards.slots().of(keys.control())) {
                        control.probed();
                    }
                },
                control::caughtUp,
                settings.feed(),
                Node::random,
                metrics);
        receiptLimits = settings.receipts();
        receiptRoom = new Collector.Room(receiptLimits, metrics);
        receipts = new Collector(
                vertx,
                new ReceiptWriter(commands, keys),
                receiptRoom,
                ids.get(),
                settings.name(),
                System::currentTimeMillis);
        Gauge.builder("fanfare_users", roster, Roster::users)
                .description("Users with a connection to this gateway")
                .register(metrics);
        health.readiness("redis", () -> redis(settings.redisGrace()));
        health.readiness("draining", () -> new Health.Check(!drain.isOn(), drain.isOn() ? "stopping" : "no"));
    }

    /** Connects to Redis and stays connected. */
    public void open() {
        ticker.every(REDIS_LOOK, () -> {
            if (isRedisUp()) {
                redisSeenNs = System.nanoTime();
            }
        });
        control.open();
        feed.open();
        presence.start(ticker);
        rebalance.start(ticker);
    }

    /** Where hubs get their publications from. */
    public Hub.Source feed() {
        return feed;
    }

    /**
     * Where the sessions of one event loop report what became of publications.
     *
     * @param hubLoop the event loop
     */
    public Reports reports(Context hubLoop) {
        return new Reports(
                receiptLimits,
                receiptRoom,
                task -> hubLoop.runOnContext(turn -> task.run()),
                seen -> loop.runOnContext(turn -> receipts.add(seen)),
                System::currentTimeMillis);
    }

    /** Has a hub told of what the feed knows, and asked to let browsers go. */
    public void register(Hub hub) {
        feed.register(hub);
        rebalance.register(hub);
    }

    /** The time on Redis, taken after this call; the answer comes on the caller's event loop. */
    public Future<ServerTime> serverTime() {
        return ask(clock::now);
    }

    /** Completes on the caller's event loop when the node loop has done all that it was handed before. */
    public Future<Void> caughtUp() {
        return ask(Future::succeededFuture);
    }

    /** Asks the site who a session is; it hears the outcome on its own loop. */
    public void enter(Session session, Hub hub, Credentials credentials) {
        loop.runOnContext(turn -> admission.enter(session, hub, credentials));
    }

    /** A session is over. */
    public void leave(Session session) {
        loop.runOnContext(turn -> admission.leave(session));
    }

    /** Asks about the owners of fallback sessions; the answer comes on the caller's event loop. */
    public <T> Future<T> askOwners(Function<Owners, Future<T>> question) {
        return ask(() -> question.apply(owners));
    }

    /** Under which id this gateway lives in Redis; may be asked on any thread. */
    public String incarnation() {
        return incarnation;
    }

    /** Has somebody told, on the node loop, when this gateway lives under another id in Redis. */
    public void onIncarnation(Consumer<Owners> listener) {
        incarnationListeners.add(listener);
    }

    private void begun() {
        incarnation = presence.incarnation();
        feed.become(incarnation);
        incarnationListeners.forEach(listener -> listener.accept(owners));
    }

    /** All ports are open, so browsers may be sent here once nothing else is in the way. */
    public void listens() {
        listens = true;
    }

    /** The relay port in use, where any free one was asked for. */
    public void relayListens(int port) {
        relayPort = port;
    }

    /** Whether other credentials are those of a session's user and login, by the site's word. */
    public Future<Boolean> isSame(Session session, Credentials credentials) {
        return ask(() -> admission.isSame(session, credentials));
    }

    /** Waits until everybody has left, of which the drain has charge, and leaves presence and then Redis. */
    public Future<Void> leave() {
        return ask(() -> {
            // Whoever reads the leases knows at once that nobody is to be sent here.
            presence.stateChanged();
            return emptied()
                    .compose(empty -> receipts.finish())
                    .compose(reported -> presence.stop())
                    .eventually(() -> Future.join(feed.close(), control.close(), commands.close()));
        });
    }

    private Future<Void> emptied() {
        Promise<Void> empty = Promise.promise();
        vertx.setPeriodic(LOOK_MS, timer -> {
            if (drain.isOver()) {
                vertx.cancelTimer(timer);
                drain.leaving();
                empty.complete();
            }
        });
        return empty.future();
    }

    private String relayAddress() {
        boolean bare = relayHost.contains(":") && !relayHost.startsWith("[");
        return (bare ? "[" + relayHost + "]" : relayHost) + ":" + relayPort;
    }

    private void commandsUp(RedisLink link) {
        feed.commandsUp(link);
        presence.linkUp(link);
    }

    private void commandsLost(RedisLink link) {
        feed.commandsLost(link);
    }

    private void opened(String user) {
        presence.opened(user);
    }

    private void closed(String user) {
        presence.closed(user);
    }

    private boolean isRedisUp() {
        // A cluster of which a part is gone is no worse by way of another gateway.
        return commands.isUp() && feed.isUp() && (control.isUp() || commands.pubSub() == PubSub.SHARDED);
    }

    /** A gateway that lost Redis keeps its browsers, and is as good as any other until the grace is over. */
    private Health.Check redis(Duration grace) {
        long awayNs = System.nanoTime() - redisSeenNs;
        boolean up = isRedisUp();
        if (up) {
            redisSeenNs = System.nanoTime();
        }
        return new Health.Check(
                up || (redisSeenNs != 0 && awayNs < grace.toNanos()),
                up
                        ? "connected"
                        : redisSeenNs == 0
                                ? "not connected yet"
                                : "lost " + TimeUnit.NANOSECONDS.toSeconds(awayNs) + " s ago");
    }

    /** Runs a question on the node loop and brings its answer back to the caller's. */
    private <T> Future<T> ask(Supplier<Future<T>> question) {
        Context caller = vertx.getOrCreateContext();
        Promise<T> answer = Promise.promise();
        loop.runOnContext(
                turn -> question.get().onComplete(result -> caller.runOnContext(back -> answer.handle(result))));
        return answer.future();
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
