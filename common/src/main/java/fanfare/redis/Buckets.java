package fanfare.redis;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * The 1,024 hash tags under which the users' keys lie, so that all of one user is in one slot of a cluster. A tag is the
 * smallest number whose slot falls into the bucket's own sixteenth of 16,384 slots: so the buckets spread evenly
 * whatever the number of shards.
 */
public final class Buckets {
    public static final int COUNT = 1_024;

    private static final int SLOTS_PER_BUCKET = Slots.COUNT / COUNT;
    private static final String[] TAGS = tags();

    private Buckets() {}

    /** The tag of a user's bucket, by the CRC-32 of the id. */
    public static String tagOf(String user) {
        CRC32 crc = new CRC32();
        crc.update(user.getBytes(StandardCharsets.UTF_8));
        return tag((int) (crc.getValue() % COUNT));
    }

    public static String tag(int bucket) {
        return TAGS[bucket];
    }

    private static String[] tags() {
        String[] tags = new String[COUNT];
        int missing = COUNT;
        for (int number = 0; missing > 0; number++) {
            String tag = Integer.toString(number);
            int bucket = Slots.ofTag(tag) / SLOTS_PER_BUCKET;
            if (tags[bucket] == null) {
                tags[bucket] = tag;
                missing--;
            }
        }
        return tags;
    }
}
