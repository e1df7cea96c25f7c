package fanfare.deploy.selftest.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The books of one fault: every publication, and an {@link Account} for every client. Times are milliseconds of one clock.
 *
 * <p>A publication is due to a client if a publisher acknowledged it and its first attempt was made after the client's
 * first welcome: from then on the client's session lasts, whatever becomes of its connections.
 */
public final class Ledger {
    /** The channel of everybody; any other is the number of a user. */
    public static final int BROADCAST = -1;

    static final int EXAMPLES_MAX = 8;
    private static final long NEVER = Long.MAX_VALUE;
    private static final long REPEATS_MS_MAX = 120_000;

    private final List<Entry> entries = new ArrayList<>();
    /** Channel -> what was published there. */
    private final Map<Integer, List<Integer>> numbers = new HashMap<>();

    private final String idPrefix;
    private final List<Account> accounts = new ArrayList<>();
    private final List<Replay> replays = new ArrayList<>();
    private final List<String> examples = new ArrayList<>();

    /** One publication: where it went, who published it, when its first attempt was made. */
    static final class Entry {
        final int channel;
        final int caller;
        final long sentMs;
        /** When a publisher first answered 2xx. */
        long acknowledgedMs = NEVER;

        private Entry(int channel, int caller, long sentMs) {
            this.channel = channel;
            this.caller = caller;
            this.sentMs = sentMs;
        }

        boolean isAcknowledged() {
            return acknowledgedMs != NEVER;
        }
    }

    private record Replay(long fromMs, long untilMs) {}

    /** {@code idPrefix} is like no other ledger's. */
    public Ledger(String idPrefix) {
        this.idPrefix = idPrefix;
    }

    /** A client that is logged in as this user; {@code name} is for people. */
    public Account account(int user, String name) {
        Account account = new Account(this, user, name);
        accounts.add(account);
        return account;
    }

    /** A first attempt to publish; returns the number of the publication. One caller has one attempt under way at a time. */
    public int published(int channel, int caller, long nowMs) {
        int number = entries.size();
        entries.add(new Entry(channel, caller, nowMs));
        numbers.computeIfAbsent(channel, first -> new ArrayList<>()).add(number);
        return number;
    }

    public void acknowledged(int number, long nowMs) {
        Entry entry = entries.get(number);
        entry.acknowledgedMs = Math.min(entry.acknowledgedMs, nowMs);
    }

    /**
     * Redis lost data in this time. What was published before its end may be put back behind what survived, so that it
     * may be delivered after later ones from the beginning of this time on.
     */
    public void replay(long fromMs, long untilMs) {
        replays.add(new Replay(fromMs, untilMs));
    }

    /** How many deliveries are due, not made, and not told to be missing. */
    public int missing() {
        return accounts.stream().mapToInt(Account::missing).sum();
    }

    public Verdict verdict() {
        int lost = 0;
        int told = 0;
        long delivered = 0;
        int duplicated = 0;
        int duplicatedOnWire = 0;
        int repeated = 0;
        int outOfOrder = 0;
        long longestDelayMs = 0;
        List<String> all = new ArrayList<>(examples);
        for (Account account : accounts) {
            lost += account.missing();
            told += account.told();
            delivered += account.delivered();
            duplicated += account.duplicated();
            duplicatedOnWire += account.duplicatedOnWire();
            repeated += account.repeated();
            outOfOrder += account.outOfOrder();
            longestDelayMs = Math.max(longestDelayMs, account.longestDelayMs());
            account.describeMissing(EXAMPLES_MAX - all.size()).forEach(all::add);
        }
        int acknowledged = (int) entries.stream().filter(Entry::isAcknowledged).count();
        return new Verdict(
                acknowledged,
                delivered,
                lost,
                told,
                duplicated,
                duplicatedOnWire,
                repeated,
                outOfOrder,
                longestDelayMs,
                all);
    }

    /** The id of a publication; the numbers come again with the next fault, the ids do not. */
    public String id(int number) {
        return idPrefix + number;
    }

    boolean has(String id) {
        return id.startsWith(idPrefix);
    }

    Entry entry(int number) {
        return entries.get(number);
    }

    IntStream numbersOn(int channel) {
        return numbers.getOrDefault(channel, List.of()).stream().mapToInt(Integer::intValue);
    }

    /** Whether a publication that is delivered now may come after later ones, because it was replayed. */
    boolean mayFollow(Entry entry, long nowMs) {
        return replays.stream().anyMatch(replay -> entry.sentMs <= replay.untilMs && nowMs >= replay.fromMs);
    }

    /** Whether what was published before may come again: gateways remember for two minutes what they delivered. */
    boolean lostDataLately(long nowMs) {
        return replays.stream().anyMatch(replay -> nowMs >= replay.fromMs && nowMs - replay.untilMs <= REPEATS_MS_MAX);
    }

    void example(String sentence) {
        if (examples.size() < EXAMPLES_MAX) {
            examples.add(sentence);
        }
    }
}
