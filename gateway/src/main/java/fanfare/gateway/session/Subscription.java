package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.protocol.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One session's place in one channel. Confined to the session's event loop. */
public final class Subscription {
    private final Session session;
    private final Channel channel;
    /** Until the join is over, live messages are not ours: the join's own list has them. */
    private boolean joining = true;

    /** The browser has had everything up to here, on another gateway perhaps; null once this channel is past it. */
    private @Nullable Position had;
    /** The session has left the channel, or come to it anew. */
    private boolean over;

    Subscription(Session session, Channel channel, @Nullable Position had) {
        this.session = session;
        this.channel = channel;
        this.had = had;
    }

    public Channel channel() {
        return channel;
    }

    /**
     * Ends the join.
     *
     * @param missed what the session should have had meanwhile, in order
     * @param complete whether nothing is missing before it; true for who did not ask
     */
    public void joined(List<Message> missed, boolean complete) {
        if (!over) {
            joining = false;
            session.joined(complete);
            missed.forEach(this::deliver);
        }
    }

    void deliver(Message message) {
        if (joining || over) {
            return;
        }
        Position position = message.position();
        if (had != null && position != null) {
            if (position.isAtMost(had)) {
                return;
            }
            had = null;
        }
        session.deliver(message);
    }

    void end() {
        over = true;
    }
}
