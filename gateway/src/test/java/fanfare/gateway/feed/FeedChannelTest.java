package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.ChannelReader;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedChannelTest {
    /** Long after generation 7 began, so that times can be relied on [ms]. */
    private static final long LATER_MS = 100_000;

    private static final Backlog.Budget BUDGET = new Backlog.Budget(1 << 20, new SimpleMeterRegistry());
    private static final RecentItems.Budget RECENT =
            new RecentItems.Budget(100, new ChannelReader.Bounds(100, 1 << 20), 1 << 20, new SimpleMeterRegistry());

    private final Recorder actions = new Recorder();
    private final FeedChannel<String> channel = new FeedChannel<>(Channel.user("alice"), actions, BUDGET, RECENT);

    @AfterEach
    void nothingElseHappened() {
        assertThat(actions.events).isEmpty();
        assertThat(actions.reads).isEmpty();
        assertThat(actions.tails).isEmpty();
    }

    @Test
    void theFirstSessionWaitsForTheAcknowledgementAndGetsWhatWasReadSinceItsStart() {
        join("ann", since(20));
        actions.expectNothing();
        channel.subscribed();
        actions.answer(reading(item(1, 10), item(2, 20), item(3, 30)));
        actions.expect("joined ann 2,3");
        channel.message(item(4, 40));
        actions.expect("deliver 4");
    }

    @Test
    void whatArrivesDuringTheReadComesOnceAndInOrder() {
        join("ann", since(10));
        channel.subscribed();
        channel.message(item(2, 20));
        channel.message(item(3, 30));
        actions.answer(reading(item(1, 10), item(2, 20)));
        actions.expect("joined ann 1,2,3");
        channel.message(item(3, 30));
        actions.expectNothing();
    }

    @Test
    void aPushThatTheReadHadAlreadySeenIsDroppedEvenIfItIsTheFirstOfItsChannel() {
        join("ann", since(0));
        channel.subscribed();
        actions.answer(reading(item(1, 10)));
        actions.expect("joined ann 1");
        channel.message(item(1, 10));
        actions.expectNothing();
    }

    @Test
    void aBurstBeyondTheCapIsTakenFromTheSubscription() {
        join("ann", since(10));
        channel.subscribed();
        for (int i = 1; i <= 5; i++) {
            channel.message(item(i, 10L * i));
        }
        actions.answer(cut(item(4, 40), item(5, 50)));
        actions.expect("joined ann 1,2,3,4,5 incomplete");
    }

    @Test
    void whatComesOverTheSubscriptionIsNeverFilteredByTheStart() {
        join("ann", since(1_000));
        channel.subscribed();
        channel.message(item(1, 999));
        actions.answer(reading(item(1, 999)));
        actions.expect("joined ann 1");
    }

    @Test
    void aSessionThatJoinsALiveChannelReadsWhatItLacksAndMissesNothingMeanwhile() {
        live();
        join("bob", since(20));
        channel.message(item(3, 30));
        actions.expect("deliver 3");
        actions.answer(reading(item(2, 20)));
        actions.expect("joined bob 2,3");
    }

    @Test
    void whatAJoinReadAheadOfTheSubscriptionIsHandedToEverybodyAndDroppedWhenItComes() {
        live();
        join("bob", since(20));
        actions.answer(reading(item(2, 20), item(3, 30), item(4, 40)));
        actions.expect("deliver 3", "deliver 4", "joined bob 2,3,4");
        channel.message(item(3, 30));
        channel.message(item(4, 40));
        channel.message(item(5, 50));
        actions.expect("deliver 5");
    }

    @Test
    void whoKnowsAPositionIsServedOnceTheChannelIsLive() {
        join("bob", Reading.Point.after(new Position(7, 1)));
        join("ann", since(20));
        channel.subscribed();
        actions.answer(reading(item(2, 20)));
        actions.expect("joined ann 2");
        actions.answer(reading(item(2, 20)));
        actions.expect("joined bob 2");
    }

    @Test
    void whoIsInStepWithALiveChannelCostsNoRead() {
        live();
        join("bob", Reading.Point.after(new Position(7, 2)));
        actions.expect("joined bob");
    }

    @Test
    void whoeverComesToALiveChannelOnWhichNothingIsKeptCostsNoRead() {
        join("ann", since(20));
        channel.subscribed();
        actions.answer(reading());
        actions.expect("joined ann");
        join("bob", Reading.Point.BEGINNING);
        actions.expect("joined bob");
        join("eve", Reading.Point.after(new Position(7, 2)));
        actions.expect("joined eve");
        channel.message(item(1, 30));
        actions.expect("deliver 1");
        join("dan", since(20));
        actions.answer(reading(item(1, 30)));
        actions.expect("joined dan 1");
    }

    @Test
    void aHoleIsFilledByARead() {
        live();
        channel.message(item(5, 50));
        actions.expectNothing();
        assertThat(actions.reads.peek().point()).isEqualTo(Reading.Point.after(new Position(7, 2)));
        channel.message(item(6, 60));
        actions.answer(reading(item(3, 30), item(4, 40), item(5, 50)));
        actions.expect("deliver 3", "deliver 4", "deliver 5", "deliver 6");
    }

    /** What goes to many users at once comes in bundles, which later messages overtake. */
    @Test
    void whatWasOvertakenDuringTheFirstReadIsNotLost() {
        join("ann", since(0));
        channel.subscribed();
        channel.message(item(2, 20));
        actions.answer(reading());
        actions.expect("joined ann");
        channel.message(item(1, 10));
        actions.answer(reading(item(1, 10), item(2, 20)));
        actions.expect("deliver 1", "deliver 2");
    }

    @Test
    void whatComesBehindAnItemThatOvertookItIsPutInItsPlace() {
        join("ann", since(0));
        channel.subscribed();
        channel.message(item(3, 30));
        channel.message(item(2, 20));
        channel.message(item(4, 40));
        actions.answer(reading(item(1, 10)));
        actions.expect("joined ann 1,2,3,4");
    }

    @Test
    void whatWasOvertakenWhileAChannelWithoutItemsIsReadAgainIsNotLost() {
        join("ann", since(0));
        channel.subscribed();
        actions.answer(reading());
        actions.expect("joined ann");
        channel.lost();
        channel.subscribed();
        channel.message(item(2, 20));
        actions.answer(reading());
        actions.answer(reading(item(1, 10), item(2, 20)));
        actions.expect("deliver 1", "deliver 2");
        channel.message(item(1, 10));
        actions.expectNothing();
    }

    @Test
    void whatOvertookOthersDuringAReadIsReadWithThem() {
        live();
        channel.message(item(4, 40));
        channel.message(item(6, 60));
        actions.answer(reading(item(3, 30), item(4, 40)));
        actions.expect("deliver 3", "deliver 4");
        channel.message(item(5, 50));
        actions.answer(reading(item(5, 50), item(6, 60)));
        actions.expect("deliver 5", "deliver 6");
    }

    @Test
    void whatHangsOnNothingThatRedisKeepsIsHandedOnAndItsLossSaid() {
        live();
        channel.message(item(4, 40));
        actions.answer(reading());
        actions.expect("gap", "deliver 4");
    }

    @Test
    void whatCannotBeFilledIsSaid() {
        live();
        channel.message(item(9, 90));
        actions.answer(cut(item(8, 80), item(9, 90)));
        actions.expect("gap", "deliver 8", "deliver 9");
    }

    @Test
    void afterALostLinkEverythingPublishedMeanwhileIsReadOnceAndNewcomersAreServedThen() {
        live();
        channel.lost();
        join("bob", since(30));
        channel.subscribed();
        channel.message(item(4, 40));
        actions.answerTail(item(4, 40));
        actions.answer(reading(item(3, 30), item(4, 40)));
        actions.expect("deliver 3", "deliver 4");
        actions.answer(reading(item(3, 30), item(4, 40)));
        actions.expect("joined bob 3,4");
    }

    @Test
    void aLinkLostDuringAJoinStartsTheJoinAgain() {
        live();
        join("bob", since(20));
        Read late = actions.reads.remove();
        channel.lost();
        channel.read(late.attempt(), reading(item(2, 20)));
        actions.expectNothing();
        channel.subscribed();
        actions.answerTail(item(2, 20));
        actions.answer(reading(item(2, 20)));
        actions.expect("joined bob 2");
    }

    @Test
    void aChannelWhoseNewestItemWasHadIsNotReadAfterALostLink() {
        live();
        channel.lost();
        channel.subscribed();
        channel.message(item(3, 30));
        actions.answerTail(item(2, 20));
        actions.expect("deliver 3");
    }

    @Test
    void aLostLastMessageIsReadWhenRedisSaysWhatItsNewestIs() {
        live();
        channel.compare(item(2, 20).position());
        channel.compare(item(1, 10).position());
        channel.compare(null);
        assertThat(actions.reads).isEmpty();
        channel.compare(item(3, 30).position());
        actions.answer(reading(item(3, 30)));
        actions.expect("deliver 3");
    }

    @Test
    void whatNothingProvesIsSaidToBeAGap() {
        live();
        channel.message(item(9, 90));
        actions.proves = false;
        actions.answer(new Reading(List.of(item(9, 90)), item(9, 90), null, Reach.BEGINNING));
        actions.expect("gap", "deliver 9");
    }

    @Test
    void aBufferThatDoesNotFitIsReadInstead() {
        Backlog.Budget small = new Backlog.Budget(5, new SimpleMeterRegistry());
        FeedChannel<String> bounded = new FeedChannel<>(Channel.user("alice"), actions, small, RECENT);
        bounded.subscribed();
        for (int n = 1; n <= 4; n++) {
            bounded.message(item(n, n));
        }
        bounded.read(actions.reads.remove().attempt(), reading(item(1, 1)));
        Read again = actions.reads.remove();
        assertThat(again.point()).isEqualTo(Reading.Point.after(new Position(7, 1)));
        bounded.read(again.attempt(), reading(item(2, 2), item(3, 3), item(4, 4)));
        actions.expect("deliver 2", "deliver 3", "deliver 4");
    }

    @Test
    void aReadThatFailedIsTakenAgain() {
        join("ann", since(10));
        channel.subscribed();
        channel.readFailed(actions.reads.remove().attempt());
        actions.answer(reading(item(1, 10)));
        actions.expect("joined ann 1");
    }

    @Test
    void aListThatExpiredOnAnUnbrokenLinkIsNoGap() {
        live();
        channel.message(new Item(new Position(8, 1), null, 99, 999, "x", "/n", 0, Buffer.buffer("{}")));
        actions.expect("deliver 1");
    }

    @Test
    void aSharedChannelServesNewcomersFromMemory() {
        FeedChannel<String> broadcast = shared();
        broadcast.message(item(3, 30));
        actions.expect("deliver 3");
        actions.points.put("ann", since(30));
        broadcast.join("ann");
        actions.expect("joined ann 3");
        actions.points.put("bob", since(5));
        broadcast.join("bob");
        assertThat(actions.reads.remove().point()).isEqualTo(since(5));
    }

    @Test
    void nobodyIsServedFromMemoryAcrossALoss() {
        FeedChannel<String> broadcast = shared();
        broadcast.message(item(6, 60));
        broadcast.read(actions.reads.remove().attempt(), reading(item(3, 30)));
        actions.expect("deliver 3", "gap", "deliver 6");
        actions.points.put("ann", Reading.Point.after(item(3, 30).position()));
        broadcast.join("ann");
        actions.expectNothing();
        assertThat(actions.reads.remove().point())
                .isEqualTo(Reading.Point.after(item(3, 30).position()));
    }

    /** Any order of publishing, pushing, reading, losing the link and joining: each session has all it should, once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingIsMissedAndNothingComesTwiceWhateverTheOrder(long seed) {
        for (int run = 0; run < 250; run++) {
            new RandomHistory(new Random(seed * 1_000 + run)).play();
        }
    }

    /** A channel with a memory, which has handed on item 2. */
    private FeedChannel<String> shared() {
        FeedChannel<String> broadcast = new FeedChannel<>(Channel.BROADCAST, actions, BUDGET, RECENT);
        broadcast.subscribed();
        broadcast.read(
                actions.reads.remove().attempt(),
                new Reading(List.of(), item(1, 10), item(1, 10).position(), Reach.LINKED));
        broadcast.message(item(2, 20));
        actions.expect("deliver 2");
        return broadcast;
    }

    private void live() {
        join("ann", since(0));
        channel.subscribed();
        actions.answer(reading(item(1, 10), item(2, 20)));
        actions.expect("joined ann 1,2");
    }

    private static Item item(long sequence, long ms) {
        return new Item(
                new Position(7, sequence),
                sequence == 1 ? null : new Position(7, sequence - 1),
                LATER_MS + ms,
                LATER_MS + ms + 60_000,
                "id" + sequence,
                "/n",
                0,
                Buffer.buffer("{}"));
    }

    private static Reading.Point since(long ms) {
        return Reading.Point.since(LATER_MS + ms);
    }

    private static Reading reading(Item... items) {
        Item newest = items.length == 0 ? null : items[items.length - 1];
        return new Reading(List.of(items), newest, items.length == 0 ? null : items[0].prev(), Reach.LINKED);
    }

    private static Reading cut(Item... items) {
        return new Reading(List.of(items), items[items.length - 1], items[0].prev(), Reach.CUT);
    }

    private void join(String name, Reading.Point point) {
        actions.points.put(name, point);
        channel.join(name);
    }

    /** A channel without a cap, a subscription that brings its messages later and not always in order, and sessions that come at any time. */
    private static final class RandomHistory implements FeedChannel.Actions<Integer> {
        private final Random random;
        private final FeedChannel<Integer> channel = new FeedChannel<>(Channel.user("alice"), this, BUDGET, RECENT);
        private final List<Item> published = new ArrayList<>();
        private final List<Item> onTheWay = new ArrayList<>();
        private final Deque<Runnable> reads = new ArrayDeque<>();
        private final List<List<Long>> sessions = new ArrayList<>();
        private final List<Long> starts = new ArrayList<>();
        private final List<Boolean> joined = new ArrayList<>();
        private boolean connected;
        private boolean subscribed;

        RandomHistory(Random random) {
            this.random = random;
        }

        void play() {
            for (int step = 0; step < 60; step++) {
                step();
            }
            settle();
            for (int i = 0; i < sessions.size(); i++) {
                List<Long> expected = new ArrayList<>();
                for (long n = starts.get(i); n <= published.size(); n++) {
                    expected.add(n);
                }
                List<Long> had = sessions.get(i);
                // What was published before the start may come too, if it came over the subscription.
                assertThat(had.subList(Math.max(0, had.size() - expected.size()), had.size()))
                        .isEqualTo(expected);
                assertThat(had).isSorted().doesNotHaveDuplicates();
            }
        }

        private void step() {
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    long n = published.size() + 1L;
                    Item item = item(n, n);
                    published.add(item);
                    if (subscribed) {
                        onTheWay.add(item);
                    }
                }
                case 2 -> {
                    if (!onTheWay.isEmpty()) {
                        // Sometimes one overtakes others, which come in bundles.
                        boolean overtakes = random.nextInt(4) == 0;
                        channel.message(onTheWay.remove(overtakes ? random.nextInt(onTheWay.size()) : 0));
                    }
                }
                case 3 -> {
                    if (!reads.isEmpty()) {
                        reads.remove().run();
                    }
                }
                case 4 -> {
                    sessions.add(new ArrayList<>());
                    joined.add(false);
                    starts.add(published.size() + 1L);
                    channel.join(sessions.size() - 1);
                }
                default -> {
                    if (random.nextInt(3) > 0) {
                        connect();
                    } else if (connected) {
                        connected = false;
                        subscribed = false;
                        onTheWay.clear();
                        channel.lost();
                    }
                }
            }
        }

        private void connect() {
            if (!connected) {
                connected = true;
                subscribed = true;
                channel.subscribed();
            }
        }

        private void settle() {
            connect();
            while (!reads.isEmpty() || !onTheWay.isEmpty()) {
                if (!onTheWay.isEmpty()) {
                    channel.message(onTheWay.remove(0));
                } else {
                    reads.remove().run();
                }
            }
        }

        @Override
        public void read(FeedChannel<Integer> of, Reading.Point point, int attempt) {
            List<Item> kept = published.stream()
                    .filter(item -> point.after() == null
                            ? item.serverMs() >= point.sinceMs()
                            : !item.position().isAtMost(point.after()))
                    .toList();
            Item newest = published.isEmpty() ? null : published.get(published.size() - 1);
            boolean fails = random.nextInt(5) == 0;
            reads.add(() -> {
                if (fails) {
                    channel.readFailed(attempt);
                } else {
                    channel.read(attempt, new Reading(kept, newest, null, Reach.LINKED));
                }
            });
        }

        @Override
        public Reading.Point pointOf(Integer join) {
            return since(starts.get(join));
        }

        @Override
        public void tail(FeedChannel<Integer> of, int attempt) {
            Position newest = published.isEmpty()
                    ? null
                    : published.get(published.size() - 1).position();
            reads.add(() -> channel.tail(attempt, newest));
        }

        @Override
        public boolean proves(FeedChannel<Integer> of, Reading reading) {
            return true;
        }

        @Override
        public void live(FeedChannel<Integer> of) {}

        @Override
        public void deliver(Channel to, Item item, boolean late) {
            for (int i = 0; i < sessions.size(); i++) {
                if (joined.get(i)) {
                    sessions.get(i).add(item.position().sequence());
                }
            }
        }

        @Override
        public void gap(Channel of) {
            throw new AssertionError("a gap where everything is kept");
        }

        @Override
        public void joined(Integer join, Reading missed) {
            joined.set(join, true);
            missed.items()
                    .forEach(item -> sessions.get(join).add(item.position().sequence()));
        }
    }

    private record Read(Reading.Point point, int attempt) {}

    private final class Recorder implements FeedChannel.Actions<String> {
        final List<String> events = new ArrayList<>();
        final Deque<Read> reads = new ArrayDeque<>();
        final Deque<Integer> tails = new ArrayDeque<>();
        final Map<String, Reading.Point> points = new HashMap<>();
        boolean proves = true;

        @Override
        public Reading.Point pointOf(String join) {
            return points.get(join);
        }

        @Override
        public void tail(FeedChannel<String> of, int attempt) {
            tails.add(attempt);
        }

        @Override
        public boolean proves(FeedChannel<String> of, Reading reading) {
            return proves && reading.reach() != Reach.CUT;
        }

        @Override
        public void live(FeedChannel<String> of) {}

        @Override
        public void read(FeedChannel<String> of, Reading.Point point, int attempt) {
            reads.add(new Read(point, attempt));
        }

        @Override
        public void deliver(Channel to, Item item, boolean late) {
            events.add("deliver " + item.position().sequence());
        }

        @Override
        public void gap(Channel of) {
            events.add("gap");
        }

        @Override
        public void joined(String join, Reading missed) {
            String sequences = String.join(
                    ",",
                    missed.items().stream()
                            .map(item -> "" + item.position().sequence())
                            .toList());
            events.add(
                    ("joined " + join + " " + sequences).trim() + (missed.reach() == Reach.CUT ? " incomplete" : ""));
        }

        void answer(Reading reading) {
            channel.read(reads.remove().attempt(), reading);
        }

        void answerTail(Item newest) {
            channel.tail(tails.remove(), newest.position());
        }

        void expect(String... expected) {
            assertThat(events).isEqualTo(Arrays.asList(expected));
            events.clear();
        }

        void expectNothing() {
            expect();
        }
    }
}
