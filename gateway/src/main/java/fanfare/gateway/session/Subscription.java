package fanfare.gateway.session;

import fanfare.broker.Reading.Point;
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
    /** When the join ended, in the feed's count of what it hands out. */
    private long joinedStamp;
    /** How far the session has come in the channel, what it did not want to hear included. */
    private Point place;
    /** The browser has had everything up to here, on another gateway perhaps; null once this channel is past it. */
    private @Nullable Position had;
    /** The session has left the channel, or come to it anew. */
    private boolean over;

    Subscription(Session session, Channel channel, Point place) {
        this.session = session;
        this.channel = channel;
        this.place = place;
        this.had = place.after();
    }

    public Channel channel() {
        return channel;
    }

    Point place() {
        return place;
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
            joining = false;
            joinedStamp = stamp;
            if (place.after() == null) {
                place = before == null ? Point.BEGINNING : Point.after(before);
            }
            session.joined(this, complete);
            missed.forEach(this::take);
        }
    }

    /** Takes what is live, unless the session had it: it is a repeat, and was handed out first before the join ended. */
    void deliver(Message message, long firstStamp) {
        if (!joining && !over && (firstStamp == 0 || firstStamp < joinedStamp)) {
            take(message);
        }
    }

    private void take(Message message) {
        Position position = message.position();
        if (position != null) {
            if (had != null && position.isAtMost(had)) {
                return;
            }
            had = null;
            place = Point.after(position);
        }
        session.deliver(message, channel.kind() != Channel.Kind.BROADCAST);
    }

    void end() {
        over = true;
    }
}
