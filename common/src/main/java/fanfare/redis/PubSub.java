package fanfare.redis;

import io.vertx.redis.client.Command;

/** How a channel's messages travel: to every server of a Redis, or in a cluster within the shard that has the channel's slot. */
public enum PubSub {
    PLAIN,
    SHARDED;

    /** What a script that publishes begins with: the commands by which it does. */
    public String words() {
        return this == SHARDED ? "pubsub-sharded" : "pubsub";
    }

    public Command publish() {
        return this == SHARDED ? Command.SPUBLISH : Command.PUBLISH;
    }

    public Command subscribe() {
        return this == SHARDED ? Command.SSUBSCRIBE : Command.SUBSCRIBE;
    }

    public Command unsubscribe() {
        return this == SHARDED ? Command.SUNSUBSCRIBE : Command.UNSUBSCRIBE;
    }

    /** Channels of which this differs cannot be named in one command. */
    public int slotOf(String channel) {
        return this == SHARDED ? Slots.of(channel) : 0;
    }
}
