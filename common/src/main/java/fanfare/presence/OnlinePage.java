package fanfare.presence;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the users who are connected.
 *
 * @param next where the next page begins; null after the last
 */
public record OnlinePage(List<String> users, @Nullable Place next) {
    /**
     * A place in a walk over all users.
     *
     * @param bucket number of a bucket
     * @param after the user in it behind whom it is; empty at its start
     */
    public record Place(int bucket, String after) {
        public static final Place START = startOf(0);

        static Place startOf(int bucket) {
            return new Place(bucket, "");
        }
    }
}
