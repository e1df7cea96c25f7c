package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Publication;
import io.vertx.core.Promise;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupingTest {
    private static final Channel ALICE = Channel.user("alice");

    @Test
    void usersShareACallAndEachLogHasItsOwn() {
        assertThat(calls(List.of(
                        attempt(Channel.BROADCAST, "b1", 1),
                        attempt(ALICE, "a1", 1),
                        attempt(Channel.topic("x"), "x1", 1),
                        attempt(Channel.user("bob"), "u1", 1),
                        attempt(Channel.BROADCAST, "b2", 1),
                        attempt(ALICE, "a2", 1))))
                .containsExactly(List.of("b1", "b2"), List.of("a1", "u1", "a2"), List.of("x1"));
    }

    @Test
    void inAClusterEachTagHasItsCall() {
        List<Attempt> attempts =
                List.of(attempt(ALICE, "a1", 1), attempt(Channel.user("bob"), "u1", 1), attempt(ALICE, "a2", 1));
        assertThat(Grouping.calls(attempts, true))
                .extracting(GroupingTest::namesOf)
                .containsExactly(List.of("a1", "a2"), List.of("u1"));
    }

    @Test
    void noCallHoldsUpRedisForLong() {
        List<Attempt> many = IntStream.range(0, 2 * Grouping.PUBLICATIONS_MAX + 1)
                .mapToObj(i -> attempt(Channel.BROADCAST, "b" + i, 1))
                .toList();
        List<List<String>> calls = calls(many);
        assertThat(calls).extracting(List::size).containsExactly(16, 16, 1);
        assertThat(calls.stream().flatMap(List::stream)).containsExactlyElementsOf(namesOf(many));
    }

    @Test
    void aCallIsFullWhenItsPayloadsAre() {
        assertThat(calls(List.of(
                        attempt(Channel.BROADCAST, "b1", Grouping.BYTES_MAX / 2),
                        attempt(Channel.BROADCAST, "b2", Grouping.BYTES_MAX / 2),
                        attempt(Channel.BROADCAST, "b3", 1))))
                .containsExactly(List.of("b1", "b2"), List.of("b3"));
    }

    @Test
    void aMailingHasCallsOfItsOwnAndItsPayloadCountsOnce() {
        Publication publication = new Publication("m", "/n", "e", "1".repeat(Grouping.BYTES_MAX), 60);
        Mailing mailing = new Mailing(publication);
        Attempt part = new Attempt(mailing.draft(ALICE), 1, Durability.MASTER, null, Promise.promise(), 0, mailing);
        assertThat(calls(List.of(attempt(ALICE, "before", 1), part, part, part, attempt(ALICE, "behind", 1))))
                .containsExactly(List.of("before"), List.of("m", "m", "m"), List.of("behind"));
    }

    @Test
    void aCallHasMorePartsOfAMailingThanPublications() {
        Mailing mailing = new Mailing(new Publication("m", "/n", "e", "1", 60));
        Attempt part = new Attempt(mailing.draft(ALICE), 1, Durability.MASTER, null, Promise.promise(), 0, mailing);
        List<Attempt> parts = Collections.nCopies(2 * Grouping.PARTS_MAX + 1, part);
        assertThat(calls(parts)).extracting(List::size).containsExactly(32, 32, 1);
    }

    private static List<List<String>> calls(List<Attempt> attempts) {
        return Grouping.calls(attempts, false).stream()
                .map(GroupingTest::namesOf)
                .toList();
    }

    private static List<String> namesOf(List<Attempt> attempts) {
        return attempts.stream().map(attempt -> attempt.draft().id()).toList();
    }

    private static Attempt attempt(Channel channel, String id, int length) {
        Publication publication = new Publication(id, "/n", "e", "1".repeat(length), 60);
        return new Attempt(Draft.of(channel, publication), length, Durability.MASTER, null, Promise.promise(), 0, null);
    }
}
