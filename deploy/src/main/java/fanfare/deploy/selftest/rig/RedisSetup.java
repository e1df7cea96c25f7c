package fanfare.deploy.selftest.rig;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which Redis the cluster under proof has. */
public enum RedisSetup {
    /** A master and its replica. */
    PAIR,
    /** A Redis Cluster: three masters with a replica each. */
    CLUSTER;

    /** By its {@link #label}; a pair if nobody says anything. */
    public static RedisSetup named(@Nullable String label) {
        if (label == null) {
            return PAIR;
        }
        for (RedisSetup setup : values()) {
            if (setup.label().equals(label)) {
                return setup;
            }
        }
        throw new IllegalArgumentException("--redis is '" + label + "': it takes pair or cluster");
    }

    /** As the command line and the report name it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
