package fanfare.redis;

import java.util.HashSet;
import java.util.Set;

/**
 * One master with its replicas: all of a Redis, or in a cluster what has some of the slots. It stays the same when a replica
 * is promoted. Where it is changes on the loop of {@link Shards} alone; the rest may be used on any thread.
 */
public final class Shard {
    private final String suffix;
    private final Masters masters;
    /** Id and address of the master, all members' ids, and the epoch of the master's claim, as a cluster tells them. */
    private String master = "";

    private Set<String> members = Set.of();
    private long epoch = -1;
    private volatile String address = "";
    private volatile String plainAddress = "";
    private volatile String tag;

    Shard(String suffix, Masters masters, String tag) {
        this.suffix = suffix;
        this.masters = masters;
        this.tag = tag;
    }

    /** What tells links to this shard from those to others: empty if there are no others. */
    public String suffix() {
        return suffix;
    }

    /** Where its master is. */
    public Masters masters() {
        return masters;
    }

    /** A hash tag that lies in one of its slots at present; all of them do if there are no other shards. */
    public String tag() {
        return tag;
    }

    void tag(String ofItsOwn) {
        tag = ofItsOwn;
    }

    String master() {
        return master;
    }

    /** {@code host:port} of the master. */
    String address() {
        return address;
    }

    /** Whether its master is meant by what a server says in a redirection. */
    boolean isAt(String endpoint) {
        return endpoint.equals(address) || endpoint.equals(plainAddress);
    }

    boolean hasMember(String id) {
        return members.contains(id);
    }

    /**
     * Takes note of what a server says of this shard.
     *
     * @param ids of all servers that it knows
     * @return whether another server is the master now
     */
    boolean learn(ClusterNodes.Group group, Set<String> ids) {
        if (group.epoch() < epoch && ids.contains(master)) {
            return false;
        }
        boolean another = !group.master().equals(master) || !group.address().equals(address);
        Set<String> all = new HashSet<>(group.members());
        // A master that was replaced may not be known as a replica yet.
        all.add(master);
        members = all;
        master = group.master();
        address = group.address();
        plainAddress = group.plainAddress();
        epoch = group.epoch();
        return another;
    }
}
