package fanfare.deploy.selftest.ledger;

import fanfare.deploy.selftest.ledger.Ledger.Entry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What one client had, by its own rule and on the wire. */
public final class Account {
    private static final long NEVER = -1;

    private final Ledger ledger;
    private final int user;
    private final String name;
    /** Numbers of what arrived, and of what was handed on. */
    private final BitSet arrived = new BitSet();

    /** What arrived on the present connection. */
    private final BitSet arrivedHere = new BitSet();

    private final BitSet delivered = new BitSet();
    /** Channel and caller -> the highest number delivered. */
    private final Map<Long, Integer> latest = new HashMap<>();
    /** The first welcome. */
    private long openedMs = NEVER;
    /** When the client was last told that something older is missing, on either of its channels. */
    private long toldPrivateMs = NEVER;

    private long toldPublicMs = NEVER;
    private int duplicated;
    private int duplicatedOnWire;
    private int repeated;
    private int outOfOrder;
    private long longestDelayMs;

    Account(Ledger ledger, int user, String name) {
        this.ledger = ledger;
        this.user = user;
        this.name = name;
    }

    /** A connection's welcome; the first one opens the account. */
    public void opened(long nowMs) {
        arrivedHere.clear();
        if (openedMs == NEVER) {
            openedMs = nowMs;
        }
    }

    /** The client was told that something older is lost on this channel. */
    public void toldGap(boolean broadcast, long nowMs) {
        if (broadcast) {
            toldPublicMs = nowMs;
        } else {
            toldPrivateMs = nowMs;
        }
    }

    /**
     * Whether a publication is of this account's ledger. After a fail-over a publisher may publish again what it
     * published in the seconds before, when this client was not there yet and another fault was played.
     */
    public boolean isConcernedWith(String id) {
        return ledger.has(id);
    }

    /** Something arrived, and {@code handedOn} if the client's rule did not drop it. */
    public void heard(int number, boolean handedOn, long nowMs) {
        if (arrived.get(number)) {
            duplicatedOnWire++;
            // What a client had may come again in one case: to its next connection, soon after Redis lost data.
            if (arrivedHere.get(number) || !ledger.lostDataLately(nowMs)) {
                repeated++;
                ledger.example(name + " was sent " + describe(number) + " twice");
            }
        }
        arrived.set(number);
        arrivedHere.set(number);
        if (!handedOn) {
            return;
        }
        Entry entry = ledger.entry(number);
        if (delivered.get(number)) {
            duplicated++;
            ledger.example(name + " had " + describe(number) + " twice");
            return;
        }
        delivered.set(number);
        longestDelayMs = Math.max(longestDelayMs, nowMs - entry.sentMs);
        int last = latest.merge(((long) entry.channel << 32) | entry.caller, number, Math::max);
        // Only what was acknowledged before the later one was sent has a claim to be first.
        if (last > number && entry.acknowledgedMs <= ledger.entry(last).sentMs && !ledger.mayFollow(entry, nowMs)) {
            outOfOrder++;
            ledger.example(name + " had " + describe(number) + " after " + describe(last));
        }
    }

    int missing() {
        return (int) undelivered().filter(number -> !isTold(number)).count();
    }

    int told() {
        return (int) undelivered().filter(this::isTold).count();
    }

    int delivered() {
        return delivered.cardinality();
    }

    int duplicated() {
        return duplicated;
    }

    int duplicatedOnWire() {
        return duplicatedOnWire;
    }

    int repeated() {
        return repeated;
    }

    int outOfOrder() {
        return outOfOrder;
    }

    long longestDelayMs() {
        return longestDelayMs;
    }

    List<String> describeMissing(int max) {
        List<String> sentences = new ArrayList<>();
        undelivered()
                .filter(number -> !isTold(number))
                .limit(Math.max(0, max))
                .forEach(number -> sentences.add(name + " never had " + describe(number)));
        return sentences;
    }

    private IntStream undelivered() {
        return IntStream.concat(ledger.numbersOn(user), ledger.numbersOn(Ledger.BROADCAST))
                .filter(number -> !delivered.get(number) && isDue(number));
    }

    private boolean isDue(int number) {
        Entry entry = ledger.entry(number);
        return entry.isAcknowledged() && openedMs != NEVER && entry.sentMs >= openedMs;
    }

    private boolean isTold(int number) {
        Entry entry = ledger.entry(number);
        return (entry.channel == Ledger.BROADCAST ? toldPublicMs : toldPrivateMs) >= entry.sentMs;
    }

    private String describe(int number) {
        Entry entry = ledger.entry(number);
        return "publication %d (%s, caller %d, sent at %.1f s)"
                .formatted(
                        number,
                        entry.channel == Ledger.BROADCAST ? "broadcast" : "private",
                        entry.caller,
                        entry.sentMs / 1_000.0);
    }
}
