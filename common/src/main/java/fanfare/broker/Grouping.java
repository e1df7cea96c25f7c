package fanfare.broker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sorts publications that leave at the same time into calls: those under one tag share one, which costs Redis a good third
 * less for each, and keep their order. Pure.
 */
final class Grouping {
    /** Of one call: Redis does nothing else for half a millisecond, and more of them gain next to nothing. */
    static final int PUBLICATIONS_MAX = 32;
    /** Their payloads; the last may exceed it. */
    static final int BYTES_MAX = 64 << 10;

    private static final class Group {
        final List<Attempt> attempts = new ArrayList<>(1);
        int bytes;

        boolean hasRoomFor(Attempt attempt) {
            return attempts.size() < PUBLICATIONS_MAX && isLike(attempt) && (bytes < BYTES_MAX || isShared(attempt));
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

    /** The calls, in an order in which those of one tag may be sent. */
    static List<List<Attempt>> byTag(List<Attempt> attempts) {
        if (attempts.size() == 1) {
            return List.of(attempts);
        }
        List<List<Attempt>> calls = new ArrayList<>(attempts.size());
        Map<String, Group> open = new HashMap<>();
        for (Attempt attempt : attempts) {
            String tag = attempt.draft().tag();
            Group group = open.get(tag);
            if (group == null || !group.hasRoomFor(attempt)) {
                group = new Group();
                open.put(tag, group);
                calls.add(group.attempts);
            }
            group.add(attempt);
        }
        return calls;
    }
}
