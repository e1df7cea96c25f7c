package fanfare.deploy.selftest;

import java.io.IOException;
import java.util.Arrays;
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
            case PUBSUB_KILL, LINK_SWALLOW, OUTPUT_LIMIT, GATEWAY_PAUSE, SITE_DOWN -> true;
            case REDIS_FAILOVER, REDIS_RESTART, PUBLISHER_RETRY, GATEWAY_KILL, SLOW_CLIENT, CONNECT_STORM -> false;
        };
    }

    /** As the command line and the table name it. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Fault named(String label) {
        return Arrays.stream(values())
                .filter(fault -> fault.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'%s' is not a fault; there are %s"
                        .formatted(
                                label, Arrays.stream(values()).map(Fault::label).collect(Collectors.joining(", ")))));
    }
}
