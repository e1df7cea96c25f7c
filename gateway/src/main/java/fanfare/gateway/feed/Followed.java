package fanfare.gateway.feed;

import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.Hub;
import fanfare.redis.Keys;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A channel that this gateway follows: where its messages come from, who wants them, and how what its state wants is done.
 * There is one a user, so it is kept small. Confined to the node loop.
 */
final class Followed extends PubSubChannel implements FeedChannel.Actions<Join> {
    private final Feed channels;
    private ShardFeed feed;
    /** Links that {@code feed} had lost when the channel came to it; those lost elsewhere before count on. */
    private int lossesBefore;
    /** The channel in {@link DeliveredIds}. */
    private final long hash;

    private FeedChannel<Join> state;
    /** Event loops with sessions on the channel; few, and nearly always one, so each change makes a new list. */
    private List<Hub> hubs = List.of();
    /** The mark of the fence under which the channel was last in step; 0 before the first time. */
    private int mark;
    /** When Redis had last taken a write of ours before that fence was read, on its clock: a read alone proves nothing [ms]. */
    private long markedMs;

    Followed(Feed channels, Channel channel, ShardFeed feed, String name) {
        super(name);
        this.channels = channels;
        this.feed = feed;
        this.hash = DeliveredIds.hash(channel);
        this.state = channels.newState(channel, this);
    }

    ShardFeed feed() {
        return feed;
    }

    Subscriber<Followed> subscriber() {
        return feed.subscriber(tag());
    }

    private String tag() {
        return Keys.tag(channel());
    }

    /** Another shard has the channel now. */
    void moveTo(ShardFeed other) {
        lossesBefore = other.losses(tag()) - losses();
        feed = other;
    }

    /** Links lost so far over which the channel may be heard or read. */
    int losses() {
        return feed.losses(tag()) - lossesBefore;
    }

    Channel channel() {
        return state.channel();
    }

    FeedChannel<Join> state() {
        return state;
    }

    /** It was left, and is followed anew before Redis has acknowledged that. */
    void beginAnew() {
        state = channels.newState(channel(), this);
        mark = 0;
        markedMs = 0;
    }

    int mark() {
        return mark;
    }

    boolean isWantedBy(Hub hub) {
        return hubs.contains(hub);
    }

    /** One more event loop has sessions on the channel. */
    void add(Hub hub) {
        if (!hubs.contains(hub)) {
            List<Hub> more = new ArrayList<>(hubs);
            more.add(hub);
            hubs = List.copyOf(more);
            tellMark(hub);
        }
    }

    /** An event loop has no sessions on the channel any more; says whether it was the last that had. */
    boolean remove(Hub hub) {
        boolean had = hubs.contains(hub);
        hubs = hubs.stream().filter(each -> each != hub).toList();
        return had && hubs.isEmpty();
    }

    @Override
    void subscribed() {
        state.subscribed();
    }

    @Override
    void message(Buffer message) {
        Item item = channels.parsed(name, message);
        if (item != null) {
            state.message(item);
        }
    }

    @Override
    boolean isInStep() {
        return state.state() == FeedChannel.State.LIVE;
    }

    @Override
    void left() {
        state.lost();
    }

    @Override
    public Reading.Point pointOf(Join join) {
        return join.claim().from(feed.master());
    }

    @Override
    public void read(FeedChannel<Join> channel, Reading.Point point, int attempt) {
        if (isReadable(channel)) {
            Future<Fence> fence = feed.fence(channel());
            Future<Reading> reading = channels.reader().read(channel(), point);
            // Nearly always the fence is known.
            Future<Reading> both =
                    fence.succeeded() ? reading : Future.all(fence, reading).map(done -> reading.result());
            both.onSuccess(whole -> {
                        if (mark == 0) {
                            mark(fence.result());
                        }
                        channel.read(attempt, whole);
                    })
                    .onFailure(failure -> channels.retry(() -> channel.readFailed(attempt)));
        }
    }

    @Override
    public void tail(FeedChannel<Join> channel, int attempt) {
        if (isReadable(channel)) {
            channels.reader()
                    .tail(channel())
                    .onSuccess(newest -> channel.tail(attempt, newest))
                    .onFailure(failure -> channels.retry(() -> channel.readFailed(attempt)));
        }
    }

    /** Whether the channel can be read: it is followed, and what is read is what sends its messages. */
    private boolean isReadable(FeedChannel<Join> channel) {
        return isWanted() && state == channel && feed.isOneMaster(subscriber().link());
    }

    @Override
    public boolean proves(FeedChannel<Join> channel, Reading reading) {
        Fence fence = feed.fenceNow(channel());
        // What is known of the moment up to which nothing was missing here.
        Evidence evidence = new Evidence(Math.max(markedMs, subscriber().asOfMs()), mark);
        return reading.reach() == Reach.LINKED || (fence != null && evidence.proves(reading, fence, channels.keptMs()));
    }

    @Override
    public void live(FeedChannel<Join> channel) {
        Fence fence = feed.fenceNow(channel());
        if (fence != null) {
            mark(fence);
        }
    }

    @Override
    public void deliver(Channel channel, Item item, boolean late) {
        long firstStamp = channels.handedOut(hash, item);
        if (channels.isTimely(item)) {
            toHubs(Message.of(channel, item), firstStamp, late);
        }
    }

    @Override
    public void gap(Channel channel) {
        channels.countGap();
        toHubs(Message.gap(channel.label()), DeliveredIds.NEVER, true);
    }

    @Override
    public void joined(Join join, Reading missed) {
        channels.joined(this, join, missed);
    }

    private void toHubs(Message message, long firstStamp, boolean late) {
        Channel channel = channel();
        for (Hub hub : hubs) {
            hub.handOver(channel, message, firstStamp, late);
            if (hub.isBehind()) {
                channels.pause();
            }
        }
    }

    /** The channel is in step under this fence. */
    private void mark(Fence fence) {
        if (fence.mark() != mark) {
            mark = fence.mark();
            markedMs = feed.writtenMs();
            hubs.forEach(this::tellMark);
        }
    }

    private void tellMark(Hub hub) {
        int current = mark;
        Channel channel = channel();
        hub.execute(() -> hub.marked(channel, current));
    }
}
