package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Outbox.Entry;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.channel.Publication;
import fanfare.redis.Buckets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);
    private static final String C = "c".repeat(40);
    private static final String ALICE = Buckets.tagOf("alice");
    private static final String BOB = Buckets.tagOf("bob");

    private final Outbox outbox = new Outbox(() -> 1 << 20);
    private long sequence;

    @Test
    void whatAnotherMasterAcceptedIsOwedOldestFirstUntilItIsReplayed() {
        outbox.reached(A);
        Entry first = accept("alice", "1", A, 0);
        Entry second = accept("bob", "2", A, 0);
        assertThat(outbox.owes(ALICE)).isFalse();

        outbox.reached(B);
        assertThat(outbox.owed(10)).containsExactly(first, second);
        assertThat(outbox.owed(1)).containsExactly(first);
        assertThat(outbox.owes(ALICE)).isTrue();

        outbox.replayed(first, new Position(2, 1), B, 0);
        assertThat(outbox.owed(10)).containsExactly(second);
        assertThat(outbox.owes(ALICE)).isFalse();
        assertThat(outbox.owes(BOB)).isTrue();
    }

    @Test
    void aReplayKeepsItsPlaceAndItsTimesForTheNextFailover() {
        outbox.reached(A);
        Entry first = accept("alice", "1", A, 0);
        accept("alice", "2", A, 0);
        outbox.reached(B);
        outbox.owed(10).forEach(entry -> outbox.replayed(entry, new Position(2, 1), B, 0));
        accept("alice", "3", B, 0);
        outbox.reached(C);
        assertThat(outbox.owed(10)).extracting(entry -> entry.draft().id()).containsExactly("1", "2", "3");
        Entry again = outbox.owed(1).get(0);
        assertThat(again.position()).isEqualTo(new Position(2, 1));
        assertThat(again.serverMs()).isEqualTo(first.serverMs());
        assertThat(again.expiresMs()).isEqualTo(first.expiresMs());
    }

    @Test
    void anEntryIsSafeOnceItsMasterHasTakenWritesForTheWindow() {
        outbox.reached(A);
        outbox.proved(0);
        accept("alice", "1", A, 1_000);
        prove(3_000, 30_000);
        assertThat(outbox.size()).isEqualTo(1);
        prove(33_000, 33_000);
        assertThat(outbox.size()).isZero();
        assertThat(outbox.bytes()).isZero();
    }

    @Test
    void nothingAgesWhileWritesAreRefusedHoweverLongThatTakes() {
        outbox.reached(A);
        outbox.proved(0);
        accept("alice", "1", A, 0);
        prove(3_000, 27_000);
        outbox.unproved();
        outbox.proved(3_600_000);
        assertThat(outbox.size()).isEqualTo(1);
        prove(3_603_000, 3_603_000);
        assertThat(outbox.size()).isZero();
    }

    @Test
    void silenceProvesNothingEitherEvenIfTheMasterComesBack() {
        outbox.reached(A);
        outbox.proved(0);
        accept("alice", "1", A, 0);
        outbox.proved(60_000);
        assertThat(outbox.size()).isEqualTo(1);
        prove(63_000, 90_000);
        assertThat(outbox.size()).isZero();
    }

    @Test
    void whatIsOwedDoesNotAgeAndAReplayBeginsItsTimeAnew() {
        outbox.reached(A);
        outbox.proved(0);
        accept("alice", "1", A, 0);
        prove(3_000, 27_000);
        outbox.reached(B);
        prove(28_000, 91_000);
        assertThat(outbox.owed(10)).hasSize(1);

        outbox.replayed(outbox.owed(1).get(0), new Position(2, 1), B, 91_000);
        prove(94_000, 118_000);
        assertThat(outbox.size()).isEqualTo(1);
        prove(121_000, 121_000);
        assertThat(outbox.size()).isZero();
    }

    @Test
    void aRepeatedAnswerBeginsTheTimeAnewToo() {
        outbox.reached(A);
        outbox.proved(0);
        accept("alice", "1", A, 0);
        prove(3_000, 27_000);
        accept("alice", "1", A, 27_000);
        prove(30_000, 54_000);
        assertThat(outbox.size()).isEqualTo(1);
        prove(57_000, 57_000);
        assertThat(outbox.size()).isZero();
    }

    @Test
    void anAnswerOfTheMasterBeforeIsOwedAtOnce() {
        outbox.reached(A);
        outbox.reached(B);
        accept("alice", "late", A, 0);
        assertThat(outbox.owes(ALICE)).isTrue();
        assertThat(outbox.owed(10)).hasSize(1);
        outbox.reached(A);
        assertThat(outbox.owes(ALICE)).isFalse();
    }

    @Test
    void oneIdInTwoChannelsIsTwoEntries() {
        outbox.reached(A);
        accept("alice", "1", A, 0);
        accept("bob", "1", A, 0);
        outbox.reached(B);
        assertThat(outbox.owed(10)).hasSize(2);
    }

    @Test
    void whenMemoryRunsOutTheOldestGoAndTheWindowShrinksForAWhile() {
        accept("alice", "0", A, 0);
        long three = 3 * outbox.bytes();
        Outbox small = new Outbox(() -> three);
        small.reached(A);
        small.proved(0);
        for (int i = 0; i < 4; i++) {
            assertThat(small.windowMs()).isEqualTo(Outbox.WINDOW_MS);
            small.accepted(entry("alice", Integer.toString(i), A), i * 1_000L);
        }
        assertThat(small.size()).isEqualTo(3);
        assertThat(small.bytes()).isEqualTo(three);
        assertThat(small.windowMs()).isEqualTo(3_000);
        small.reached(B);
        assertThat(small.owed(1).get(0).draft().id()).isEqualTo("1");
        for (long ms = 3_000; ms <= 36_000; ms += 3_000) {
            small.proved(ms);
        }
        assertThat(small.windowMs()).isEqualTo(Outbox.WINDOW_MS);
        assertThat(small.owed(10)).as("owed entries do not age").hasSize(3);
    }

    @Test
    void whatManyUsersAreToldIsKeptOnceAndOwedToEach() {
        outbox.reached(A);
        Draft told =
                Draft.of(Channel.user("-"), new Publication("all", "/n é", "e", "\"" + "x".repeat(10_000) + "\"", 60));
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            entries.add(new Entry(told.to(Channel.user("user-" + i)), new Position(1, i), 1_000, 61_000, A));
            entries.add(entry("alice", "between " + i, A));
        }
        entries.forEach(entry -> outbox.accepted(entry, 0));
        outbox.reached(B);
        assertThat(outbox.owed(1_000)).isEqualTo(entries);
    }

    @Test
    void whatBecameEmptyAndIsFilledAgainHoldsWhatItIsGivenThen() {
        outbox.reached(A);
        outbox.proved(0);
        Draft told = Draft.of(Channel.user("-"), new Publication("all", "/n", "e", "\"everybody\"", 60));
        accept("bob", "before", A, 0);
        outbox.accepted(new Entry(told.to(Channel.user("alice")), new Position(1, 1), 1_000, 61_000, A), 0);
        prove(3_000, 30_000);
        assertThat(outbox.size()).isZero();

        Entry again = new Entry(told.to(Channel.user("alice")), new Position(1, 9), 1_000, 61_000, A);
        outbox.accepted(again, 30_000);
        Entry other = accept("bob", "over what was there".repeat(50), A, 30_000);
        outbox.reached(B);
        assertThat(outbox.owed(10)).containsExactly(again, other);
    }

    @Test
    void manyAreOwedInTheirOrderWhicheverOfThemIsReplayedFirst() {
        Outbox large = new Outbox(() -> 16 << 20);
        large.reached(A);
        List<Entry> left = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            Entry entry = entry("user-" + i % 7, Integer.toString(i), A);
            left.add(entry);
            large.accepted(entry, 0);
        }
        large.reached(B);
        for (int i = 0; left.size() > 0; i++) {
            List<Entry> chunk = large.owed(1_000);
            assertThat(chunk).isEqualTo(left.subList(0, Math.min(1_000, left.size())));
            Entry last = chunk.get(chunk.size() - 1);
            large.forget(last);
            left.remove(last);
            for (Entry entry : chunk.subList(0, chunk.size() / 2)) {
                large.replayed(entry, new Position(2, i), B, 0);
                left.remove(entry);
            }
        }
        assertThat(large.owes(Buckets.tagOf("user-0"))).isFalse();
        large.proved(0);
        for (long ms = 3_000; ms <= 33_000; ms += 3_000) {
            large.proved(ms);
        }
        assertThat(large.size()).isZero();
        assertThat(large.bytes()).isZero();
    }

    @Test
    void oneThatIsForgottenIsOwedNoMore() {
        outbox.reached(A);
        Entry entry = accept("alice", "1", A, 0);
        outbox.reached(B);
        outbox.forget(entry);
        assertThat(outbox.owes(ALICE)).isFalse();
        assertThat(outbox.owed(10)).isEqualTo(List.of());
        outbox.replayed(entry, new Position(2, 1), B, 0);
        assertThat(outbox.size()).isZero();
    }

    private void prove(long fromMs, long toMs) {
        for (long ms = fromMs; ms <= toMs; ms += 3_000) {
            outbox.proved(ms);
        }
    }

    private Entry accept(String user, String id, String replid, long nowMs) {
        Entry entry = entry(user, id, replid);
        outbox.accepted(entry, nowMs);
        return entry;
    }

    private Entry entry(String user, String id, String replid) {
        Draft draft = Draft.of(Channel.user(user), new Publication(id, "/n", "e", "1", 60));
        return new Entry(draft, new Position(1, ++sequence), 1_000, 61_000, replid);
    }
}
