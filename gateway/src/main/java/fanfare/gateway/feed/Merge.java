package fanfare.gateway.feed;

import fanfare.channel.Item;
import fanfare.channel.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts together what was read from a channel and what came over its subscription meanwhile. Both are runs of the same
 * sequence, oldest first; they usually overlap. Pure.
 */
final class Merge {
    private Merge() {}

    /**
     * All of both up to a hole: if so much was published that the read begins behind what had arrived by then, what is
     * between them, and the read's own items, are still on their way.
     */
    static List<Item> linked(List<Item> read, List<Item> live) {
        List<Item> all = of(read, live);
        for (int i = 1; i < all.size(); i++) {
            Position prev = all.get(i).prev();
            if (prev != null && !prev.equals(all.get(i - 1).position())) {
                return all.subList(0, i);
            }
        }
        return all;
    }

    /** All of both, each once, in the channel's order. */
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
