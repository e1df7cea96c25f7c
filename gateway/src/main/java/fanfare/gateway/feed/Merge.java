package fanfare.gateway.feed;

import fanfare.broker.Reading;
import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what was read from a channel and what came over its subscription meanwhile, which usually overlap. Pure.
 */
final class Merge {
    private Merge() {}

    /**
     * What follows a position without a hole. What came may have overtaken what it hangs on, as single messages overtake
     * bundles; and if so much was published that the read begins behind what had arrived by then, what is between them, and
     * the read's own items, are still on their way.
     */
    static List<Item> after(Position position, List<Item> read, List<Item> arrived) {
        Map<@Nullable Position, Item> next = byPrev(read);
        byPrev(arrived).forEach(next::putIfAbsent);
        List<Item> all = new ArrayList<>();
        append(all, position, next);
        return all;
    }

    /** What was read, and of what came all that hangs together with it or, if it is empty, with the newest item kept. */
    static List<Item> around(Reading reading, List<Item> arrived) {
        List<Item> read = reading.items();
        if (arrived.isEmpty()) {
            return read;
        }
        Position newest = reading.newest() == null ? null : reading.newest().position();
        Map<Position, Item> here = new HashMap<>();
        arrived.forEach(item -> here.put(item.position(), item));
        Deque<Item> before = new ArrayDeque<>();
        Item earlier = here.remove(read.isEmpty() ? newest : read.get(0).prev());
        while (earlier != null) {
            before.addFirst(earlier);
            earlier = here.remove(earlier.prev());
        }
        List<Item> all = new ArrayList<>(before);
        all.addAll(read);
        append(all, read.isEmpty() ? newest : read.get(read.size() - 1).position(), byPrev(arrived));
        return all;
    }

    private static void append(List<Item> to, @Nullable Position after, Map<@Nullable Position, Item> next) {
        Item item = next.remove(after);
        while (item != null) {
            to.add(item);
            item = next.remove(item.position());
        }
    }

    private static Map<@Nullable Position, Item> byPrev(List<Item> items) {
        Map<@Nullable Position, Item> next = new HashMap<>();
        items.forEach(item -> next.putIfAbsent(item.prev(), item));
        return next;
    }

    /** All of both, each once, in the channel's order, if each of them is in that order. */
    static List<Item> of(List<Item> read, List<Item> live) {
        if (read.isEmpty() || live.isEmpty()) {
            return read.isEmpty() ? live : read;
        }
        Set<Position> positions = new HashSet<>();
        read.forEach(item -> positions.add(item.position()));
        boolean overlapping = live.stream().anyMatch(item -> positions.contains(item.position()));
        List<Item> before = new ArrayList<>();
        List<Item> after = new ArrayList<>();
        boolean passed = !overlapping && isAfter(live.get(0), read.get(read.size() - 1));
        for (Item item : live) {
            if (positions.contains(item.position())) {
                passed = true;
            } else {
                (passed ? after : before).add(item);
            }
        }
        List<Item> merged = new ArrayList<>(before.size() + read.size() + after.size());
        merged.addAll(before);
        merged.addAll(read);
        merged.addAll(after);
        return merged;
    }

    /** Across generations sequences say nothing; then the link to the one before, or else Redis' time, decides. */
    private static boolean isAfter(Item live, Item lastRead) {
        if (lastRead.position().equals(live.prev())) {
            return true;
        }
        return live.position().generation() == lastRead.position().generation()
                ? !live.position().isAtMost(lastRead.position())
                : live.serverMs() >= lastRead.serverMs();
    }
}
