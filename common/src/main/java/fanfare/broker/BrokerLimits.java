package fanfare.broker;

import fanfare.config.Env;
import java.time.Duration;

/**
 * How much is kept of channels, and by a publisher.
 *
 * @param inboxTtl life of a user's kept publications after the last one
 * @param inboxItemsMax kept publications of one user
 * @param logItemsMax kept publications of broadcast and of each topic
 * @param logBytesMax the same in bytes
 * @param onceTtl for how long a repeated id is recognised
 * @param outboxBytesMax publications remembered for a fail-over, see {@link Outbox}
 */
public record BrokerLimits(
        Duration inboxTtl,
        int inboxItemsMax,
        int logItemsMax,
        long logBytesMax,
        Duration onceTtl,
        long outboxBytesMax) {
    private static final Duration INBOX_TTL = Duration.ofDays(7);
    private static final int INBOX_ITEMS = 100;
    private static final int LOG_ITEMS = 10_000;
    private static final int LOG_BYTES = 16 << 20;
    private static final Duration ONCE_TTL = Duration.ofMinutes(2);
    private static final int OUTBOX_BYTES = 64 << 20;

    public static BrokerLimits defaults() {
        return new BrokerLimits(INBOX_TTL, INBOX_ITEMS, LOG_ITEMS, LOG_BYTES, ONCE_TTL, OUTBOX_BYTES);
    }

    /** Reads {@code FANFARE_INBOX_TTL}, which the publisher keeps to and the gateway reckons with. */
    public static Duration inboxTtl(Env env) {
        return env.duration("FANFARE_INBOX_TTL", INBOX_TTL, Duration.ofMinutes(2), Duration.ofDays(30));
    }

    public static BrokerLimits from(Env env) {
        return new BrokerLimits(
                inboxTtl(env),
                env.integer("FANFARE_INBOX_ITEMS_MAX", INBOX_ITEMS, 1, 1_000),
                env.integer("FANFARE_LOG_ITEMS_MAX", LOG_ITEMS, 1, 1_000_000),
                env.integer("FANFARE_LOG_BYTES_MAX", LOG_BYTES, 1 << 17, 1 << 30),
                env.duration("FANFARE_DEDUPE_WINDOW", ONCE_TTL, ONCE_TTL, Duration.ofDays(1)),
                env.integer("FANFARE_OUTBOX_BYTES_MAX", OUTBOX_BYTES, 1 << 20, 1 << 30));
    }

    /** The same for one of several brokers of a process, which share its memory. */
    public BrokerLimits shared(int brokers) {
        return new BrokerLimits(inboxTtl, inboxItemsMax, logItemsMax, logBytesMax, onceTtl, outboxBytesMax / brokers);
    }
}
