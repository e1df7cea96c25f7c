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

        boolean isFull() {
            return attempts.size() >= PUBLICATIONS_MAX || bytes >= BYTES_MAX;
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
            if (group == null || group.isFull()) {
                group = new Group();
                open.put(tag, group);
                calls.add(group.attempts);
            }
            group.attempts.add(attempt);
            group.bytes += attempt.draft().payload().length();
        }
        return calls;
    }
}
