package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.gateway.protocol.Message;
import java.util.List;

/** One session's place in one channel. Confined to the session's event loop. */
public final class Subscription {
    private final Session session;
    private final Channel channel;
    /** Until the join is over, live messages are not ours: the join's own list has them. */
    private boolean joining = true;

    Subscription(Session session, Channel channel) {
        this.session = session;
        this.channel = channel;
    }

    public Channel channel() {
        return channel;
    }

    /** Ends the join: what the session should have had meanwhile, in order. */
    public void joined(List<Message> missed) {
        joining = false;
        missed.forEach(session::deliver);
    }

    void deliver(Message message) {
        if (!joining) {
            session.deliver(message);
        }
    }
}
