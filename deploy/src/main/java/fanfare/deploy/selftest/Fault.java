package fanfare.deploy.selftest;

import fanfare.deploy.selftest.rig.RedisSetup;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is broken, and how. */
enum Fault {
    /** The subscriptions of every gateway are killed, over and over. */
    PUBSUB_KILL,
    /** The network between gateway and Redis swallows everything, then forgets connections that look open. */
    LINK_SWALLOW,
    /** Redis gives subscribers so little room that a large message kills their link. */
    OUTPUT_LIMIT,
    /**
     * The replica is cut off, the master killed, the replica promoted, while some clients are away: what it missed exists
     * nowhere in Redis.
     */
    REDIS_FAILOVER,
    /** Redis is emptied and restarted, while some clients are away. */
    REDIS_RESTART,
    /** Slots move to another shard under load, and back. */
    SLOTS_MOVE,
    /** Replicas take their masters' place with their consent, over and over. */
    SHARD_FAILOVER,
    /** A replica that lags takes its master's place without anybody's consent, while some clients are away. */
    SHARD_TAKEOVER,
    /** A master is killed whose replica lags, while some clients are away. */
    SHARD_KILL,
    /** A master stands still until its replica is promoted, and then goes on. */
    SHARD_PAUSE,
    /**
     * A master is cut off from the other servers, while gateways and publishers still reach it; then one from everybody.
     */
    SHARD_PARTITION,
    /** A master and its replica stand still together. */
    SHARD_GONE,
    /** Each publication is sent three times with the same id, the last time after a fail-over. */
    PUBLISHER_RETRY,
    /** Gateways are killed with -9 and started again. */
    GATEWAY_KILL,
    /** A gateway stands still for 30 s. */
    GATEWAY_PAUSE,
    /** Some clients stop reading while much is broadcast to them. */
    SLOW_CLIENT,
    /** The site does not answer. */
    SITE_DOWN,
    /** All clients lose their connection and come back in the same moment. */
    CONNECT_STORM;

    /** Breaks something, for about as long as the stage says, and mends it. */
    interface Script {
        void play(Stage stage) throws IOException, InterruptedException;
    }

    void play(Stage stage) throws IOException, InterruptedException {
        switch (this) {
            case PUBSUB_KILL -> LinkFaults.killSubscribers(stage);
            case LINK_SWALLOW -> LinkFaults.swallow(stage);
            case OUTPUT_LIMIT -> LinkFaults.limitOutput(stage);
            case REDIS_FAILOVER -> RedisFaults.failOver(stage);
            case REDIS_RESTART -> RedisFaults.restartEmpty(stage);
            case SLOTS_MOVE -> ShardFaults.moveSlots(stage);
            case SHARD_FAILOVER -> ShardFaults.failOver(stage);
            case SHARD_TAKEOVER -> ShardFaults.takeOver(stage);
            case SHARD_KILL -> ShardFaults.kill(stage);
            case SHARD_PAUSE -> ShardFaults.pauseMaster(stage);
            case SHARD_PARTITION -> ShardFaults.partition(stage);
            case SHARD_GONE -> ShardFaults.pauseShard(stage);
            case PUBLISHER_RETRY -> RedisFaults.retryAcrossFailOver(stage);
            case GATEWAY_KILL -> GatewayFaults.kill(stage);
            case GATEWAY_PAUSE -> GatewayFaults.pause(stage);
            case SLOW_CLIENT -> ClientFaults.stopReading(stage);
            case SITE_DOWN -> ClientFaults.pauseSite(stage);
            case CONNECT_STORM -> ClientFaults.storm(stage);
        }
    }

    /** Whether a page would see a delay and no more: nobody who is connected is to lose the connection. */
    boolean sparesConnections() {
        return switch (this) {
            case PUBSUB_KILL,
                    LINK_SWALLOW,
                    OUTPUT_LIMIT,
                    SLOTS_MOVE,
                    SHARD_FAILOVER,
                    SHARD_TAKEOVER,
                    SHARD_KILL,
                    SHARD_PAUSE,
                    SHARD_PARTITION,
                    SHARD_GONE,
                    GATEWAY_PAUSE,
                    SITE_DOWN -> true;
            case REDIS_FAILOVER, REDIS_RESTART, PUBLISHER_RETRY, GATEWAY_KILL, SLOW_CLIENT, CONNECT_STORM -> false;
        };
    }

    private boolean suits(RedisSetup redis) {
        return switch (this) {
            case PUBSUB_KILL, LINK_SWALLOW, OUTPUT_LIMIT, REDIS_FAILOVER, REDIS_RESTART -> redis == RedisSetup.PAIR;
            case SLOTS_MOVE, SHARD_FAILOVER, SHARD_TAKEOVER, SHARD_KILL, SHARD_PAUSE, SHARD_PARTITION, SHARD_GONE ->
                redis == RedisSetup.CLUSTER;
            case PUBLISHER_RETRY, GATEWAY_KILL, GATEWAY_PAUSE, SLOW_CLIENT, SITE_DOWN, CONNECT_STORM -> true;
        };
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
