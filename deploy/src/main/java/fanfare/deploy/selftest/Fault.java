package fanfare.deploy.selftest;

import fanfare.deploy.selftest.rig.RedisSetup;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is broken, and how. */
enum Fault {
    /** The subscriptions of every gateway are killed, over and over. */
    PUBSUB_KILL(RedisSetup.PAIR, Harm.DELAY, LinkFaults::killSubscribers),
    /** The network between gateway and Redis swallows everything, then forgets connections that look open. */
    LINK_SWALLOW(RedisSetup.PAIR, Harm.DELAY, LinkFaults::swallow),
    /** Redis gives subscribers so little room that a large message kills their link. */
    OUTPUT_LIMIT(RedisSetup.PAIR, Harm.DELAY, LinkFaults::limitOutput),
    /**
     * The replica is cut off, the master killed, the replica promoted, while some clients are away: what it missed exists
     * nowhere in Redis.
     */
    REDIS_FAILOVER(RedisSetup.PAIR, Harm.DISCONNECT, RedisFaults::failOver),
    /** Redis is emptied and restarted, while some clients are away. */
    REDIS_RESTART(RedisSetup.PAIR, Harm.DISCONNECT, RedisFaults::restartEmpty),
    /** Slots move to another shard under load, and back. */
    SLOTS_MOVE(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::moveSlots),
    /** Replicas take their masters' place with their consent, over and over. */
    SHARD_FAILOVER(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::failOver),
    /** A replica that lags takes its master's place without anybody's consent, while some clients are away. */
    SHARD_TAKEOVER(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::takeOver),
    /** A master is killed whose replica lags, while some clients are away. */
    SHARD_KILL(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::kill),
    /** A master stands still until its replica is promoted, and then goes on. */
    SHARD_PAUSE(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::pauseMaster),
    /**
     * A master is cut off from the other servers, while gateways and publishers still reach it; then one from everybody.
     */
    SHARD_PARTITION(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::partition),
    /** A master and its replica stand still together. */
    SHARD_GONE(RedisSetup.CLUSTER, Harm.DELAY, ShardFaults::pauseShard),
    /** Each publication is sent three times with the same id, the last time after a fail-over. */
    PUBLISHER_RETRY(Harm.DISCONNECT, RedisFaults::retryAcrossFailOver),
    /** Gateways are killed with -9 and started again. */
    GATEWAY_KILL(Harm.DISCONNECT, GatewayFaults::kill),
    /** A gateway stands still for 30 s. */
    GATEWAY_PAUSE(Harm.DELAY, GatewayFaults::pause),
    /** Some clients stop reading while much is broadcast to them. */
    SLOW_CLIENT(Harm.DISCONNECT, ClientFaults::stopReading),
    /** The site does not answer. */
    SITE_DOWN(Harm.DELAY, ClientFaults::pauseSite),
    /** All clients lose their connection and come back in the same moment. */
    CONNECT_STORM(Harm.DISCONNECT, ClientFaults::storm);

    /** Breaks something, for about as long as the stage says, and mends it. */
    interface Script {
        void play(Stage stage) throws IOException, InterruptedException;
    }

    /** What a page may see of it. */
    private enum Harm {
        /** Nobody who is connected is to lose the connection. */
        DELAY,
        DISCONNECT
    }

    /** Null for either. */
    private final @Nullable RedisSetup redis;

    private final Harm harm;

    @SuppressWarnings("ImmutableEnumChecker") // All are methods, which keep nothing.
    private final Script script;

    /** One that suits any Redis. */
    Fault(Harm harm, Script script) {
        this(null, harm, script);
    }

    Fault(@Nullable RedisSetup redis, Harm harm, Script script) {
        this.redis = redis;
        this.harm = harm;
        this.script = script;
    }

    void play(Stage stage) throws IOException, InterruptedException {
        script.play(stage);
    }

    /** Whether a page would see a delay and no more. */
    boolean sparesConnections() {
        return harm == Harm.DELAY;
    }

    private boolean suits(RedisSetup given) {
        return redis == null || redis == given;
    }

    /** As the command line and the table name it. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Those that can be played before such a Redis, in their order. */
    static List<Fault> of(RedisSetup redis) {
        return Arrays.stream(values()).filter(fault -> fault.suits(redis)).toList();
    }

    static Fault named(String label, RedisSetup redis) {
        return of(redis).stream()
                .filter(fault -> fault.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'%s' is not a fault with --redis %s; there are %s"
                        .formatted(
                                label,
                                redis.label(),
                                of(redis).stream().map(Fault::label).collect(Collectors.joining(", ")))));
    }
}
