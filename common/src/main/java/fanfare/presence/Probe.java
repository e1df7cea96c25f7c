package fanfare.presence;

import java.util.function.LongConsumer;

/**
 * A sign of life through Redis: each renewal of the lease, which is a write, is followed by a message.
 *
 * @param channel pub/sub channel on which the message will come
 * @param sent told when Redis has taken a renewal, with its time, which is also the message [ms]
 */
public record Probe(String channel, LongConsumer sent) {}
