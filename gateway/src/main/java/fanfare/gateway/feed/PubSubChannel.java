package fanfare.gateway.feed;

import io.vertx.core.buffer.Buffer;

/**
 * A pub/sub channel: what is wanted of it, what Redis has been asked, and what happens when a message comes. Confined to the
 * loop of its {@link Subscriber}, which alone changes the flags.
 */
abstract class PubSubChannel {
    final String name;
    private boolean wanted;
    boolean subscribed;
    boolean underWay;
    /** It stands in the queue of the next slice. */
    boolean queued;

    PubSubChannel(String name) {
        this.name = name;
    }

    boolean isWanted() {
        return wanted;
    }

    void wanted(boolean yes) {
        wanted = yes;
    }

    boolean isSettled() {
        return wanted == subscribed;
    }

    /** The link is lost: whatever was asked is void. */
    void lost() {
        subscribed = false;
        underWay = false;
    }

    /** Redis has acknowledged the subscription: from now on everything published arrives. */
    abstract void subscribed();

    abstract void message(Buffer message);

    /** Whether it has made up for what was published while it was not subscribed. */
    boolean isInStep() {
        return subscribed;
    }

    /** Redis has ended the subscription of itself, as a cluster does when the slot gets another owner. */
    void left() {}
}
