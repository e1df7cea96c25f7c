package fanfare.redis;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of its part in replication.
 *
 * @param replid identity of its data's history: new at each start and each promotion
 * @param formerReplid the history that it took over when it was promoted, null if there was none
 */
record Replication(boolean master, String replid, @Nullable String formerReplid) {
    private static final Pattern ROLE = Pattern.compile("(?m)^role:master\\r?$");
    private static final Pattern REPLID = Pattern.compile("(?m)^master_replid:([0-9a-f]{40})\\r?$");
    private static final Pattern FORMER = Pattern.compile("(?m)^master_replid2:([0-9a-f]{40})\\r?$");
    private static final String NONE = "0".repeat(40);

    /** Reads the answer to {@code INFO replication}; null if it does not say who the server is. */
    static @Nullable Replication parse(String info) {
        Matcher replid = REPLID.matcher(info);
        Matcher former = FORMER.matcher(info);
        return !replid.find()
                ? null
                : new Replication(
                        ROLE.matcher(info).find(),
                        replid.group(1),
                        former.find() && !former.group(1).equals(NONE) ? former.group(1) : null);
    }
}
