package fanfare.gateway.session;

import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.protocol.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a channel had kept before a session heard it, for a browser that asks late; nothing that is live comes to it. */
final class Replay extends Subscription {
    private final Position last;

    /** @param last the position from which the session has heard the channel */
    Replay(Session session, Channel channel, Position last) {
        super(session, channel, Point.BEGINNING);
        this.last = last;
    }

    @Override
    public void joined(List<Message> kept, boolean complete, @Nullable Position before, long stamp) {
        // The order of the list is the truth: what stands before one of that generation is older, whatever its own is.
        int end = 0;
        for (int i = 0; i < kept.size(); i++) {
            Point behind = kept.get(i).point();
            Position position = behind == null ? null : behind.after();
            if (position == null || position.isAtMost(last)) {
                end = i + 1;
            }
        }
        kept.subList(0, end).forEach(message -> passOn(message, true));
    }
}
