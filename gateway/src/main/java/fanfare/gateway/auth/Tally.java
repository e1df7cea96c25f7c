package fanfare.gateway.auth;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** How much each address has of something. An address that has nothing is forgotten. Safe on any thread. */
final class Tally {
    /** 0 for no limit. */
    private final int max;

    private final ConcurrentMap<String, Long> amounts = new ConcurrentHashMap<>();

    Tally(int max) {
        this.max = max;
    }

    boolean add(String address, int amount) {
        if (max == 0) {
            return true;
        }
        boolean[] granted = {false};
        amounts.compute(address, (key, had) -> {
            long sum = (had == null ? 0 : had) + amount;
            granted[0] = sum <= max;
            return granted[0] ? (Long) sum : had;
        });
        return granted[0];
    }

    void remove(String address, int amount) {
        amounts.computeIfPresent(address, (key, had) -> had > amount ? (Long) (had - amount) : null);
    }

    /** What all addresses have together; 0 where there is no limit. */
    long total() {
        return amounts.values().stream().mapToLong(Long::longValue).sum();
    }

    int size() {
        return amounts.size();
    }
}
