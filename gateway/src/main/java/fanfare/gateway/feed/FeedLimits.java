package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import java.time.Duration;

/**
 * What the feed may cost.
 *
 * @param kept how long the publisher keeps a channel after its last publication
 * @param read what one reading may bring, and so what a resuming browser is sent of a channel
 * @param recoveryBytesMax of publications that wait for an older one to be read, in all channels together
 * @param recentItemsMax newest publications of broadcast and of each topic that are kept for newcomers
 * @param recentBytesMax of these, in all channels together
 * @param idsMax ids of delivered publications that are remembered, so that a repeat is known
 */
public record FeedLimits(
        Duration kept,
        ChannelReader.Bounds read,
        long recoveryBytesMax,
        int recentItemsMax,
        long recentBytesMax,
        int idsMax) {
    long keptMs() {
        return kept.toMillis();
    }
}
