package fanfare.gateway;

import fanfare.broker.Broker;
import fanfare.broker.BrokerLimits;
import fanfare.broker.Mailing;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.control.ControlWriter;
import fanfare.control.Disconnect;
import fanfare.presence.PresenceReader;
import fanfare.presence.UserPresence;
import fanfare.redis.Keys;
import fanfare.redis.PubSub;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.RecordedLog;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Gateways in this process, each with a Vert.x of its own, a site, a publisher and a share of a real Redis. Closing it is
 * part of every test: it fails if a client heard something that the test did not expect, or if anything logged a stack trace.
 */
final class Cluster implements AutoCloseable {
    static final String NAMESPACE = "/message_namespace";

    static final String RELAY_SECRET = "a secret of gateways only".replace(' ', '-');
    private static final Path SECRET = secretFile();
    private static final int SECONDS_MAX = 30;
    private static final int TTL_SECONDS = 3_600;

    private final RecordedLog log = RecordedLog.start();
    private final Vertx vertx = Vertx.vertx();
    private final TestSite site = TestSite.start(vertx);
    private final RedisConfig redis;
    private final Map<String, String> settings;
    private final List<Vertx> gatewayVertxs = new ArrayList<>();
    private final List<Gateway> gateways = new ArrayList<>();
    private final List<PushClient> clients = new ArrayList<>();
    private final Context publisherLoop = vertx.getOrCreateContext();
    private final SimpleMeterRegistry publisherMetrics = new SimpleMeterRegistry();
    private final Broker broker;
    private final ControlWriter control;
    /** Whether a fallback client's requests go to all gateways in turn. */
    private boolean spreading;

    private final PresenceReader presences;

    private Cluster(
            RedisConfig publisherRedis, String gatewayRedisUrl, int gatewayCount, Map<String, String> settings) {
        this.redis = publisherRedis;
        this.settings = new HashMap<>(Map.of(
                "FANFARE_LISTEN_HOST",
                "127.0.0.1",
                "FANFARE_LISTEN_PORT",
                "0",
                "FANFARE_MANAGEMENT_PORT",
                "0",
                "FANFARE_REDIS_URL",
                gatewayRedisUrl,
                "FANFARE_REDIS_PREFIX",
                publisherRedis.prefix(),
                "FANFARE_RELAY_PORT",
                "0",
                "FANFARE_RELAY_SECRET_FILE",
                SECRET.toString(),
                "FANFARE_SITE_AUTH_URL",
                site.authUrl()));
        this.settings.putAll(settings);
        this.broker = onPublisherLoop(() -> {
            Broker opened = new Broker(
                    vertx,
                    Shards.of(vertx, redis),
                    new Keys(redis.prefix()),
                    BrokerLimits.defaults(),
                    "publish",
                    Math::random,
                    publisherMetrics);
            opened.open();
            return Future.succeededFuture(opened);
        });
        // It keeps a publication until Redis is there, but nothing else that a test asks of it.
        Await.until("the publisher has reached Redis", broker::isUp);
        this.control = new ControlWriter(broker.links(), new Keys(redis.prefix()), () -> UUID.randomUUID()
                .toString());
        this.presences = new PresenceReader(broker.links(), new Keys(redis.prefix()));
        for (int i = 0; i < gatewayCount; i++) {
            startGateway();
        }
    }

    static Cluster of(int gateways) {
        return of(gateways, Map.of());
    }

    /** Gateways with these settings on top of the usual ones, on the Redis that tests share. */
    static Cluster of(int gateways, Map<String, String> settings) {
        String url = RedisServer.shared().url();
        return new Cluster(new RedisConfig(url, prefix()), url, gateways, settings);
    }

    /** Gateways that get a fallback client's requests in turn, one each, as behind a balancer that knows no sessions. */
    static Cluster spread(int gateways) {
        Cluster cluster = of(gateways);
        cluster.spreading = true;
        return cluster;
    }

    /** Gateways that reach {@code server} through {@code gatewayPort}, while the publisher reaches it directly. */
    static Cluster on(RedisServer server, int gatewayPort, int gateways) {
        return on(server, gatewayPort, gateways, Map.of());
    }

    /** The same with these settings on top of the usual ones. */
    static Cluster on(RedisServer server, int gatewayPort, int gateways, Map<String, String> settings) {
        return new Cluster(
                new RedisConfig(server.url(), prefix()), "redis://127.0.0.1:" + gatewayPort, gateways, settings);
    }

    /** Gateways and a publisher that find Redis by this connection string. */
    static Cluster at(String redisUrl, int gateways) {
        return new Cluster(new RedisConfig(redisUrl, prefix()), redisUrl, gateways, Map.of());
    }

    /**
     * Starts one more and waits until it is ready. The first one and every second after it is on the system's own transport
     * as in production, if there is one, the others are on the JDK's.
     */
    Gateway startGateway() {
        Vertx own = Vertx.vertx(new VertxOptions().setPreferNativeTransport(gatewayVertxs.size() % 2 == 0));
        gatewayVertxs.add(own);
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("FANFARE_NODE_NAME", "node-" + (gateways.size() + 1));
        Gateway gateway = await(Gateway.start(own, environment));
        gateways.add(gateway);
        // It listens before it has reached Redis; browsers are sent to it once it has.
        Await.until(
                "the gateway is ready",
                () -> RawHttp.get(gateway.managementPort(), "/readyz").status() == 200);
        return gateway;
    }

    TestSite site() {
        return site;
    }

    RedisConfig redis() {
        return redis;
    }

    Vertx vertx() {
        return vertx;
    }

    /** The publisher's connection, for work {@link #onPublisherLoop}. */
    RedisLinks publisherLinks() {
        return broker.links();
    }

    RecordedLog log() {
        return log;
    }

    /** What a gateway is started with, for a test that starts one as a process. */
    Map<String, String> settings() {
        return Map.copyOf(settings);
    }

    int port(int gateway) {
        return gateways.get(gateway).port();
    }

    int managementPort(int gateway) {
        return gateways.get(gateway).managementPort();
    }

    /** Who holds a fallback session, as Redis knows it; null for nobody. */
    @Nullable
    String owner(RawSession session) {
        Request get = Request.cmd(Command.GET).arg(sessionKey(session));
        Response owner = onPublisherLoop(() -> broker.links().send(sessionKey(session), get));
        return owner == null ? null : owner.toString();
    }

    /** Has Redis say that somebody else holds a fallback session. */
    void own(RawSession session, String owner) {
        Request set = Request.cmd(Command.SET).arg(sessionKey(session)).arg(owner);
        onPublisherLoop(() -> broker.links().send(sessionKey(session), set));
    }

    /** Has the lease of a gateway be over: if it lives, it becomes another. */
    void endLease(String incarnation) {
        Keys keys = new Keys(redis.prefix());
        Request past = Request.cmd(Command.ZADD).arg(keys.nodes()).arg(1).arg(incarnation);
        Request gone = Request.cmd(Command.DEL).arg(keys.node(incarnation));
        onPublisherLoop(() -> broker.links().send(keys.nodes(), past).compose(done -> broker.links()
                .send(keys.node(incarnation), gone)));
    }

    /** Under which ids gateways live in Redis, or have lived. */
    List<String> incarnations() {
        String nodes = new Keys(redis.prefix()).nodes();
        Request all = Request.cmd(Command.ZRANGE).arg(nodes).arg(0).arg(-1);
        return onPublisherLoop(() -> broker.links().send(nodes, all)).stream()
                .map(Response::toString)
                .toList();
    }

    private String sessionKey(RawSession session) {
        return new Keys(redis.prefix()).session(session.id());
    }

    /** Has a gateway do something on an event loop. */
    void onLoopOf(int gateway, Runnable task) {
        gatewayVertxs.get(gateway).runOnContext(turn -> task.run());
    }

    /** The sum of a gateway's samples whose name, with its labels, begins so. */
    double metric(int gateway, String name) {
        return RawHttp.get(managementPort(gateway), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    String uri(int gateway) {
        return "http://127.0.0.1:" + port(gateway);
    }

    /** Begins to connect with these headers. */
    PushClient connect(PushTransport transport, int gateway, Map<String, String> headers) {
        int count = spreading ? gateways.size() : 1;
        List<String> inTurn = IntStream.range(0, count)
                .mapToObj(turn -> uri((gateway + turn) % gateways.size()))
                .toList();
        return track(PushClient.connect(vertx, transport, inTurn, headers));
    }

    /** A client that is logged in and has had its welcome. */
    PushClient join(PushTransport transport, int gateway, String login) {
        PushClient client = connect(transport, gateway, TestSite.login(login)).awaitOpen();
        client.send("{\"type\":\"hello\",\"protocol\":1}").expectWelcome();
        return client;
    }

    /** Has {@link #close} look after a client. */
    PushClient track(PushClient client) {
        clients.add(client);
        return client;
    }

    Published publish(Channel channel, String event, String data) {
        return publish(channel, publication(NAMESPACE, event, data));
    }

    Published publish(Channel channel, Publication publication) {
        return onPublisherLoop(() -> broker.publish(channel, publication));
    }

    /** Publishes to many users what they share, and waits until all of it is stored. */
    List<Published> mail(List<Channel> users, Publication publication) {
        return onPublisherLoop(() -> mailing(users, publication));
    }

    /** The same, while the caller is on the publisher's loop and does not wait. */
    Future<List<Published>> mailing(List<Channel> users, Publication publication) {
        Mailing mailing = new Mailing(publication);
        List<Future<Published>> parts =
                users.stream().map(user -> broker.publish(user, mailing, null)).toList();
        return Future.all(parts).map(all -> all.list());
    }

    Broker broker() {
        return broker;
    }

    /** Waits until the publisher knows this many gateways by name. */
    void awaitKnown(int gateways) {
        Await.until(
                "the publisher knows the gateways",
                () -> publisherMetrics.get("fanfare_bundle_gateways").gauge().value() == gateways);
    }

    /** A counter of the publisher. */
    double published(String counter) {
        return publisherMetrics.get(counter).counter().count();
    }

    /** Runs a command on Redis. */
    Response redis(Command command, Object... arguments) {
        Request request = Request.cmd(command);
        for (Object argument : arguments) {
            request.arg(argument.toString());
        }
        return onPublisherLoop(() -> broker.links().send(arguments[0].toString(), request));
    }

    /** Waits until so many gateways hear a channel: a welcome waits for that, but no longer than a second. */
    void awaitHeard(Channel channel, int gateways) {
        Await.until(gateways + " gateways hear " + channel, () -> subscribers(channel) == gateways);
    }

    /**
     * Waits until Redis' clock shows a later millisecond: who is accepted now has no claim to what was published before,
     * while the two may share a millisecond.
     */
    void awaitLater() {
        long published = redisTimeMs();
        Await.until("Redis' clock goes on", () -> redisTimeMs() > published);
    }

    /** Has the site end connections of a user, everywhere. */
    void disconnect(Disconnect disconnect) {
        onPublisherLoop(() -> control.disconnect(disconnect));
    }

    UserPresence presence(String user) {
        return onPublisherLoop(() -> presences.of(user));
    }

    /**
     * Publishes the events {@code first} to {@code last}, one after the other, all under way at once; while Redis is away,
     * again and again under the same ids, as a site should.
     */
    void publishNumbers(Channel channel, int first, int last) {
        onPublisherLoop(() -> {
            List<Future<Published>> publishes = new ArrayList<>();
            for (int i = first; i <= last; i++) {
                publishes.add(untilStored(channel, publication(NAMESPACE, Integer.toString(i), "{}")));
            }
            return Future.all(publishes);
        });
    }

    private Future<Published> untilStored(Channel channel, Publication publication) {
        return broker.publish(channel, publication)
                .recover(failure -> failure instanceof RedisDownException
                        ? untilStored(channel, publication)
                        : Future.failedFuture(failure));
    }

    /** Has a channel's generation begin long ago, so that nobody has to think of a fail-over. */
    void openedLongAgo(Channel channel) {
        String fence = new Keys(redis.prefix()).fence(channel);
        onPublisherLoop(() -> broker.links()
                .send(
                        fence,
                        Request.cmd(Command.HSET)
                                .arg(fence)
                                .arg("generation")
                                .arg(1)
                                .arg("seq")
                                .arg(0)
                                .arg("replid")
                                .arg(Objects.requireNonNull(broker.links().at(fence))
                                        .replid())
                                .arg("born")
                                .arg(1)));
    }

    static Publication publication(String namespace, String event, String data) {
        return new Publication(UUID.randomUUID().toString(), namespace, event, data, TTL_SECONDS);
    }

    static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(SECONDS_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("it did not succeed", e);
        }
    }

    @Override
    public void close() {
        try {
            clients.forEach(PushClient::assertNothingElse);
            log.assertNoStackTraces();
        } finally {
            clients.forEach(PushClient::close);
            site.close();
            // As in a crash. A drain, which has tests of its own, waits 5 s for each browser that left between two
            // polls.
            gatewayVertxs.forEach(own -> await(own.close()));
            await(vertx.close());
            log.close();
        }
    }

    /** Runs on the loop that the broker is confined to, and waits for the outcome. */
    <T> T onPublisherLoop(Supplier<Future<T>> work) {
        Promise<T> outcome = Promise.promise();
        publisherLoop.runOnContext(tick -> work.get().onComplete(outcome));
        return await(outcome.future());
    }

    private int subscribers(Channel channel) {
        String name = new Keys(redis.prefix()).live(channel);
        String count = broker.links().pubSub() == PubSub.SHARDED ? "SHARDNUMSUB" : "NUMSUB";
        Request request = Request.cmd(Command.PUBSUB).arg(count).arg(name);
        return onPublisherLoop(() -> broker.links().send(name, request)).get(1).toInteger();
    }

    private long redisTimeMs() {
        Response time = onPublisherLoop(() -> broker.links().send("", Request.cmd(Command.TIME)));
        return time.get(0).toLong() * 1_000 + time.get(1).toLong() / 1_000;
    }

    private static Path secretFile() {
        try {
            Path file = Files.createTempFile("relay", ".secret");
            file.toFile().deleteOnExit();
            return Files.writeString(file, RELAY_SECRET + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String prefix() {
        return "test-" + UUID.randomUUID() + ":";
    }
}
