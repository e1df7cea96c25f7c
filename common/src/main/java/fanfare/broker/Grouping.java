package fanfare.broker;

import fanfare.channel.Channel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sorts publications that leave at the same time into calls, which cost Redis a good quarter less for each than if it had one
 * of its own. Those to users share calls whatever their tags where one Redis has all of these, since they are kept alike; a log
 * has its own. What goes to one channel keeps its order. Pure.
 */
final class Grouping {
    /** Of one call: Redis does nothing else for a quarter of a millisecond, and more of them gain next to nothing. */
    static final int PUBLICATIONS_MAX = 16;
    /** The same for parts of mailings, which cost half as much, and less in longer calls. */
    static final int PARTS_MAX = 32;
    /** Their payloads; the last may exceed it. */
    static final int BYTES_MAX = 64 << 10;

    /** Of all users; no tag is called so. */
    private static final String INBOXES = "";

    private static final class Group {
        final List<Attempt> attempts = new ArrayList<>(1);
        int bytes;

        boolean hasRoomFor(Attempt attempt) {
            int max = attempt.mailing() == null ? PUBLICATIONS_MAX : PARTS_MAX;
            return attempts.size() < max && isLike(attempt) && (bytes < BYTES_MAX || isShared(attempt));
        }

        void add(Attempt attempt) {
            bytes += !attempts.isEmpty() && isShared(attempt)
                    ? 0
                    : attempt.draft().payload().length();
            attempts.add(attempt);
        }

        /** Whether the payload is that of the one before, so that it is sent once. */
        private boolean isShared(Attempt attempt) {
            return attempt.mailing() != null && attempt.mailing() == last().mailing();
        }

        /** Parts of mailings are called for otherwise than what goes to one channel alone. */
        private boolean isLike(Attempt attempt) {
            return (last().mailing() == null) == (attempt.mailing() == null);
        }

        private Attempt last() {
            return attempts.get(attempts.size() - 1);
        }
    }

    private Grouping() {}

    /**
     * The calls, in an order in which those of one channel may be sent.
     *
     * @param oneTag whether a call must keep to one tag, as in a cluster, where each has its slot
     */
    static List<List<Attempt>> calls(List<Attempt> attempts, boolean oneTag) {
        if (attempts.size() == 1) {
            return List.of(attempts);
        }
        List<List<Attempt>> calls = new ArrayList<>(attempts.size());
        Map<String, Group> open = new HashMap<>();
        for (Attempt attempt : attempts) {
            Draft draft = attempt.draft();
            String kept = !oneTag && draft.channel().kind() == Channel.Kind.USER ? INBOXES : draft.tag();
            Group group = open.get(kept);
            if (group == null || !group.hasRoomFor(attempt)) {
                group = new Group();
                open.put(kept, group);
                calls.add(group.attempts);
            }
            group.add(attempt);
        }
        return calls;
    }
}
