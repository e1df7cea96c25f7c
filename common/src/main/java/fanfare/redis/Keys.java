package fanfare.redis;

import fanfare.channel.Channel;

/**
 * Every key and pub/sub channel in Redis.
 *
 * <pre>
 * inbox:{b}:USER          list    7 d since the last publish or up to a 64th more, at most 100
 *                                                                           a user's kept publications
 * user:{b}:USER           channel                                           a user's live publications
 * log:{broadcast}         stream  at most 10,000 entries and 16 MiB         kept broadcasts, entry id = position
 * log:{topic:T}           stream  the same
 * broadcast:{broadcast}   channel                                           live broadcasts
 * topic:{topic:T}         channel
 * fence:{tag}             hash    no end; topics: 7 d since the last publish or gateway that followed it
 *                                                                           generation, seq, replid, born; logs: bytes
 * once:{tag}:CHANNEL:ID   string  120 s                                     first position of an id in a channel; CHANNEL is
 *                                                                           user::LENGTH:USER if USER has a colon
 * presence:{b}            hash    USER|INCARNATION -> "since count"         which gateways hold a user
 * online:{b}              hash    USER -> number of gateways
 * grace:{b}               zset    USER by the moment to call it offline [ms]
 * seen:{b}                zset    USER by the end of the last connection [ms], 30 d
 * events:{b}              stream  at most 1,000                             online and offline, alternating per user; what
 *                                                                           mends a loss of webhooks may repeat some
 * webhook:{b}             hash    no end                                    cursor, token, lossy: what the site was told of
 *                                                                           events:{b}, if there are webhooks
 * told:{b}                set     no end                                    USERs whom the site takes for online
 * webhooks                hash    no end                                    id, until [ms], token: which publisher tells it
 * crowd:{b}:ID            hash    10 s                                      INCARNATION -> when its connections of a user began
 * crowd:{PREFIXcontrol}   channel                                           "ID USER": who has too many connections
 * node:INCARNATION        string  PX 10 s; tombstone 1 h                    a gateway's lease
 * nodes                   zset    INCARNATION by the end of its lease [ms]
 * session:{s}:ID         string  24 h                                     "incarnation address" of a fallback session's owner
 * probe:{x}:ID            string  PX 10 s, written every 3 s; and channel   a gateway's sign that a shard takes its writes and
 *                                                                           brings it messages; x lies in a slot of the shard
 * bundle:INCARNATION:N    channel                                           what goes to many users, for those of a gateway whose
 *                                                                           channels it follows over its Nth connection
 * rate:KEY                string  until the bucket is full                  "full said": when an API key's bucket will be full [us]
 * publisher:{x}:ID        string  PX 10 s, written every 3 s                proof that this master takes writes
 * receipt:{b}:ID          hash    until the receipt's end (1 h)             what became of a publication, see fanfare.receipt
 * control                 stream and channel, at most 10,000, 16 MiB        disconnects
 * control:once:{PREFIXcontrol}:ID  string  120 s                                  stream id of an order that was given
 * </pre>
 *
 * {@code {b}} is the user's bucket, and a receipt's is that of the publication's id, see {@link Buckets}. What one script
 * touches is in one slot of a cluster: the tag of some is the whole name of the key beside which they lie, and an incarnation
 * ends in what makes its {@code node:INCARNATION} fall beside {@code nodes}.
 */
public final class Keys {
    /** Connections over which a gateway spreads the channels that it follows: one that dies with very many stalls Redis. */
    public static final int CONNECTIONS = 4;

    private final String prefix;

    public Keys(String prefix) {
        this.prefix = prefix;
    }

    /** The list or stream that keeps what was published to a channel. */
    public String kept(Channel channel) {
        return kept(channel, tag(channel));
    }

    /** The same for who knows the channel's {@link #tag}. */
    public String kept(Channel channel, String tag) {
        return channel.kind() == Channel.Kind.USER
                ? prefix + "inbox:{" + tag + "}:" + channel.name()
                : prefix + "log:{" + tag + "}";
    }

    /** The pub/sub channel on which a channel's publications are live. */
    public String live(Channel channel) {
        return live(channel, tag(channel));
    }

    /** The same for who knows the channel's {@link #tag}. */
    public String live(Channel channel, String tag) {
        return switch (channel.kind()) {
            case USER -> prefix + "user:{" + tag + "}:" + channel.name();
            case BROADCAST -> prefix + "broadcast:{broadcast}";
            case TOPIC -> prefix + "topic:{" + tag + "}";
        };
    }

    public String fence(Channel channel) {
        return fence(tag(channel));
    }

    /** The fence of all channels under a tag. */
    public String fence(String tag) {
        return prefix + "fence:{" + tag + "}";
    }

    public String once(Channel channel, String id) {
        return once(channel, tag(channel), id);
    }

    /**
     * The same for who knows the channel's {@link #tag}. A user id with a colon is given its length: users share tags, and one
     * user's id and a publication's could read like another's.
     */
    public String once(Channel channel, String tag, String id) {
        String name = channel.name();
        boolean isPlain = channel.kind() != Channel.Kind.USER || name.indexOf(':') < 0;
        String whose = isPlain ? channel.toString() : "user::" + name.length() + ":" + name;
        return prefix + "once:{" + tag + "}:" + whose + ":" + id;
    }

    public String presence(String tag) {
        return prefix + "presence:{" + tag + "}";
    }

    public String online(String tag) {
        return prefix + "online:{" + tag + "}";
    }

    public String grace(String tag) {
        return prefix + "grace:{" + tag + "}";
    }

    public String seen(String tag) {
        return prefix + "seen:{" + tag + "}";
    }

    public String events(String tag) {
        return prefix + "events:{" + tag + "}";
    }

    /** When the connections of a user with too many of them began, by gateway. */
    public String crowd(String tag, String id) {
        return prefix + "crowd:{" + tag + "}:" + id;
    }

    /** The channel on which gateways call each other to {@link #crowd}; beside {@link #control}. */
    public String crowds() {
        return prefix + "crowd:{" + control() + "}";
    }

    /** How far the site was told of a bucket's events. */
    public String webhook(String tag) {
        return prefix + "webhook:{" + tag + "}";
    }

    /** Whom of a bucket the site takes for online. */
    public String told(String tag) {
        return prefix + "told:{" + tag + "}";
    }

    /** Which publisher tells the site. */
    public String webhooks() {
        return prefix + "webhooks";
    }

    public String node(String incarnation) {
        return prefix + "node:" + incarnation;
    }

    /** An incarnation made of a random id: its {@link #node} lies beside {@link #nodes}. */
    public String incarnation(String id) {
        return id + Slots.suffix(node(id), nodes());
    }

    /** Both the key that one gateway writes again and again in a shard, and the channel on which it hears that it did. */
    public String probe(Shard shard, String id) {
        return prefix + "probe:{" + shard.tag() + "}:" + id;
    }

    /**
     * The channel on which a gateway is handed what goes to many users.
     *
     * @param connection see {@link #connection}
     */
    public String bundle(String incarnation, int connection) {
        return bundles() + incarnation + ":" + connection;
    }

    /** What all names of {@link #bundle} begin with. */
    public String bundles() {
        return prefix + "bundle:";
    }

    /** Over which of its {@value #CONNECTIONS} connections for messages a gateway follows a channel. */
    public static int connection(String tag) {
        return Math.floorMod(tag.hashCode(), CONNECTIONS);
    }

    public String nodes() {
        return prefix + "nodes";
    }

    /** Who holds a fallback session. */
    public String session(String id) {
        return prefix + "session:{s}:" + id;
    }

    /** The bucket of tokens of an API key. */
    public String rate(String keyId) {
        return prefix + "rate:" + keyId;
    }

    /** What one publisher writes again and again in a shard. */
    public String publisher(Shard shard, String id) {
        return prefix + "publisher:{" + shard.tag() + "}:" + id;
    }

    /** What became of the publications with this id. */
    public String receipt(String id) {
        return prefix + "receipt:{" + Buckets.tagOf(id) + "}:" + id;
    }

    /** Both the stream and the pub/sub channel of commands to all gateways. */
    public String control() {
        return prefix + "control";
    }

    /** Lies beside {@link #control}. */
    public String controlOnce(String id) {
        return prefix + "control:once:{" + control() + "}:" + id;
    }

    /** The hash tag under which all of a channel lies: its user's bucket, or its own. */
    public static String tag(Channel channel) {
        return switch (channel.kind()) {
            case USER -> Buckets.tagOf(channel.name());
            case BROADCAST -> "broadcast";
            case TOPIC -> "topic:" + channel.name();
        };
    }
}
