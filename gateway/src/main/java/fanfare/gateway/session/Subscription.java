package fanfare.gateway.session;

import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.protocol.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One session's place in one channel; it is its own progress, since each of very many sessions has several. Confined to the session's event loop. */
public class Subscription extends Progress {
    private final Session session;
    private final Channel channel;
    /** The session has left the channel, or come to it anew. */
    private boolean over;

    Subscription(Session session, Channel channel, Point from) {
        super(from);
        this.session = session;
        this.channel = channel;
    }

    final Session session() {
        return session;
    }

    public final Channel channel() {
        return channel;
    }

    /**
     * Ends the join.
     *
     * @param missed what the session should have had meanwhile, in order
     * @param complete whether nothing is missing before it
     * @param before the position before it; null if there is none
     * @param stamp the feed's count of what it handed out so far
     */
    public void joined(List<Message> missed, boolean complete, @Nullable Position before, long stamp) {
        if (!over) {
            joined(before, complete, stamp);
            session.joined(this, complete, before);
            missed.forEach(message -> take(message, true));
        }
    }

    /** Takes what is live; see {@link Hub#handOver}. */
    final void deliver(Message message, long firstStamp, boolean late) {
        if (!over && hears(firstStamp)) {
            take(message, late);
        }
    }

    private void take(Message message, boolean late) {
        Point behind = message.point();
        if (behind == null || moveTo(behind)) {
            passOn(message, late);
        }
    }

    final void passOn(Message message, boolean late) {
        session.deliver(message, channel.kind() != Channel.Kind.BROADCAST, late);
    }

    final void end() {
        over = true;
    }
}
