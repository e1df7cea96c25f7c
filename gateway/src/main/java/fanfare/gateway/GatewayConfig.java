package fanfare.gateway;

import fanfare.broker.BrokerLimits;
import fanfare.broker.ChannelReader;
import fanfare.config.Env;
import fanfare.config.RedisConfig;
import fanfare.gateway.auth.AuthConfig;
import fanfare.gateway.feed.FeedLimits;
import fanfare.gateway.node.Balance;
import fanfare.gateway.node.Node;
import fanfare.gateway.node.Rebalance;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.relay.RelayConfig;
import fanfare.gateway.session.SessionLimits;
import fanfare.gateway.sockjs.SockJsTransport;
import fanfare.process.LogFormat;
import fanfare.process.Parent;
import fanfare.tls.TlsConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Everything an operator may set on a gateway. A component is given the values it needs, never this whole record. */
public record GatewayConfig(
        String listenHost,
        /** 0 for any free port. */
        int listenPort,
        int managementPort,
        TlsConfig tls,
        /** Event loops that serve browsers. */
        int eventLoops,
        String nodeName,
        RedisConfig redis,
        AuthConfig auth,
        Set<SockJsTransport> transports,
        RelayConfig relay,
        SessionLimits session,
        /** Sessions on this gateway, more are refused with 503; 0 for as many as files and memory allow for. */
        int connectionsMax,
        /** Sessions that begin in a second; 0 for no limit. */
        int handshakesMax,
        /** Connections of one user on this gateway; one more, and the oldest goes. */
        int connectionsPerUserMax,
        FeedLimits feed,
        ReceiptLimits receipts,
        Rebalance.Settings rebalance,
        /** How long a drain spreads its closes, so that the other gateways see a slope and not a wall. */
        Duration drainWindow,
        /** How long a gateway without Redis counts as ready: its browsers are better off where they are. */
        Duration redisGrace,
        LogFormat logFormat,
        /** Lines that the log has in a second for connections that end, at most. */
        int connectionLogPerSecondMax,
        /** The process whose death ends this one, 0 for none. */
        int parentPid) {
    private static final String ALL_TRANSPORTS =
            Arrays.stream(SockJsTransport.values()).map(SockJsTransport::label).collect(Collectors.joining(","));

    public static GatewayConfig from(Env env) {
        String listenHost = env.text("FANFARE_LISTEN_HOST", "0.0.0.0");
        int listenPort = env.integer("FANFARE_LISTEN_PORT", 8080, 0, 65_535);
        int managementPort = env.integer("FANFARE_MANAGEMENT_PORT", 9080, 0, 65_535);
        RelayConfig relay = RelayConfig.from(env, listenHost);
        env.apart("FANFARE_MANAGEMENT_PORT", managementPort, "FANFARE_LISTEN_PORT", listenPort);
        if (relay.isOn()) {
            env.apart("FANFARE_RELAY_PORT", relay.port(), "FANFARE_LISTEN_PORT", listenPort);
            env.apart("FANFARE_RELAY_PORT", relay.port(), "FANFARE_MANAGEMENT_PORT", managementPort);
        }
        return env.check(new GatewayConfig(
                listenHost,
                listenPort,
                managementPort,
                TlsConfig.from(env),
                env.integer("FANFARE_EVENT_LOOPS", Runtime.getRuntime().availableProcessors(), 1, 256),
                nodeName(env),
                RedisConfig.from(env),
                AuthConfig.from(env),
                transports(env),
                relay,
                SessionLimits.of(env.integer("FANFARE_SEND_QUEUE_BYTES_MAX", 1 << 20, 1 << 12, 1 << 26)),
                env.integer("FANFARE_CONNECTIONS_MAX", 0, 0, 10_000_000),
                env.integer("FANFARE_HANDSHAKES_MAX", 5_000, 0, 1_000_000),
                env.integer("FANFARE_CONNECTIONS_PER_USER_MAX", 20, 1, 10_000),
                feed(env),
                ReceiptLimits.of(env.integer("FANFARE_RECEIPT_REPORTS_MAX", 50_000, 100, 10_000_000)),
                new Rebalance.Settings(
                        new Balance(
                                env.integer("FANFARE_REBALANCE_SKEW", 20, 1, 1_000),
                                env.integer("FANFARE_REBALANCE_MAX", 50, 0, 10_000)),
                        env.duration(
                                "FANFARE_REBALANCE_AGE", Duration.ofMinutes(10), Duration.ZERO, Duration.ofDays(1))),
                env.duration("FANFARE_DRAIN_WINDOW", Duration.ofSeconds(60), Duration.ZERO, Duration.ofHours(1)),
                env.duration("FANFARE_REDIS_GRACE", Duration.ofSeconds(60), Duration.ZERO, Duration.ofHours(1)),
                LogFormat.of(env),
                env.integer("FANFARE_CONNECTION_LOG_PER_SECOND_MAX", 500, 0, 100_000),
                Parent.pid(env)));
    }

    /** What the node is told. */
    Node.Settings node() {
        String version = GatewayConfig.class.getPackage().getImplementationVersion();
        return new Node.Settings(
                nodeName,
                relay.host(),
                relay.port(),
                version == null ? "unreleased" : version,
                redis,
                auth,
                connectionsPerUserMax,
                feed,
                receipts,
                rebalance,
                redisGrace);
    }

    /** How long channels are kept is the publisher's to decide; the two must be told the same. */
    private static FeedLimits feed(Env env) {
        return new FeedLimits(
                BrokerLimits.inboxTtl(env),
                new ChannelReader.Bounds(
                        env.integer("FANFARE_RESUME_ITEMS_MAX", 1_000, 100, 10_000),
                        env.integer("FANFARE_RESUME_BYTES_MAX", 1 << 20, 1 << 17, 1 << 26)),
                env.integer("FANFARE_RECOVERY_BYTES_MAX", 64 << 20, 1 << 20, 1 << 30),
                env.integer("FANFARE_RECENT_ITEMS_MAX", 1_000, 1, 100_000),
                env.integer("FANFARE_RECENT_BYTES_MAX", 64 << 20, 1 << 17, 1 << 30),
                env.integer("FANFARE_DELIVERED_IDS_MAX", 1 << 20, 1 << 10, 1 << 26));
    }

    private static String nodeName(Env env) {
        String name = env.text("FANFARE_NODE_NAME", "gateway");
        if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
            env.mistake("FANFARE_NODE_NAME", "it takes 1 to 64 characters of A-Z a-z 0-9 . _ -");
        }
        return name;
    }

    private static Set<SockJsTransport> transports(Env env) {
        List<String> names = env.list("FANFARE_TRANSPORTS", ALL_TRANSPORTS);
        Set<SockJsTransport> transports = EnumSet.noneOf(SockJsTransport.class);
        for (SockJsTransport transport : SockJsTransport.values()) {
            if (names.contains(transport.label())) {
                transports.add(transport);
            }
        }
        if (transports.size() != names.size() || names.isEmpty()) {
            env.mistake("FANFARE_TRANSPORTS", "it takes a list of " + ALL_TRANSPORTS);
        }
        return transports;
    }
}
