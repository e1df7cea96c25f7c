package fanfare.gateway.feed;

import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.channel.Channel;
import fanfare.gateway.session.Hub;
import java.util.LinkedHashSet;
import java.util.Set;

/** A channel that this gateway follows: where its messages come from and who wants them. Confined to the node loop. */
final class Followed {
    final FeedChannel<Join> state;
    final Subscriber subscriber;
    /** Of the pub/sub channel. */
    final String name;

    final Set<Hub> hubs = new LinkedHashSet<>(2);
    /** The mark of the fence under which the channel was last in step; 0 before the first time. */
    private int mark;
    /** When Redis had last taken a write of ours before that fence was read, on its clock: a read alone proves nothing [ms]. */
    private long markedMs;

    Followed(FeedChannel<Join> state, Subscriber subscriber, String name) {
        this.state = state;
        this.subscriber = subscriber;
        this.name = name;
    }

    Channel channel() {
        return state.channel();
    }

    int mark() {
        return mark;
    }

    /** What is known of the moment up to which nothing was missing here. */
    Evidence evidence() {
        return new Evidence(Math.max(markedMs, subscriber.asOfMs()), mark);
    }

    /** The channel is in step under this fence. */
    void mark(Fence fence, long writtenMs) {
        if (fence.mark() != mark) {
            mark = fence.mark();
            markedMs = writtenMs;
            hubs.forEach(this::tellMark);
        }
    }

    /** One more event loop has sessions on the channel. */
    void add(Hub hub) {
        if (hubs.add(hub)) {
            tellMark(hub);
        }
    }

    private void tellMark(Hub hub) {
        int current = mark;
        hub.execute(() -> hub.marked(channel(), current));
    }
}
