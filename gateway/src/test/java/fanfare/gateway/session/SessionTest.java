package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Evidence;
import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.gateway.receipt.Collector;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.receipt.Reports;
import fanfare.process.Bugs;
import fanfare.redis.ServerTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A session on a hub whose time the test owns; every step is a turn of the hub's event loop. */
@ExtendWith(VertxExtension.class)
class SessionTest {
    private static final SessionLimits LIMITS = new SessionLimits(
            400, Duration.ofSeconds(1), Duration.ofSeconds(25), Duration.ofSeconds(5), Duration.ofMinutes(10), 20);
    private static final ServerTime START = new ServerTime(7, "master");
    /** More than hear a broadcast before the first of them writes. */
    private static final int CROWD = 100;
    /** More events than a queue may hold. */
    private static final int MANY = 12;

    private static final Identity ALICE = new Identity("alice", null, List.of(), Long.MAX_VALUE);

    private final RecordingTransport transport = new RecordingTransport();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final SessionMetrics sessionMetrics = new SessionMetrics(metrics, new ConnectionLog(0, () -> 0, metrics));
    private final List<Subscription> joins = new ArrayList<>();
    private final List<Start> starts = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> reported = new ArrayList<>();
    private Context loop;
    private Hub hub;
    private Session session;
    private volatile long now = 1_000_000;
    private int over;

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        loop = vertx.getOrCreateContext();
        new Bugs(metrics).watch(vertx);
        turn(() -> {
            hub = hub(vertx, () -> 0.0);
            session = hub.open(transport, "c1", START, closed -> over++);
        });
    }

    private Hub hub(Vertx vertx, DoubleSupplier random) {
        Hub.Source source = new Hub.Source() {
            @Override
            public void join(Hub by, Subscription subscription, Start start) {
                joins.add(subscription);
                starts.add(start);
            }

            @Override
            public void leave(Hub by, Channel channel) {
                left.add(channel.toString());
            }
        };
        Reports reports = new Reports(
                ReceiptLimits.of(100),
                new Collector.Room(ReceiptLimits.of(100), metrics),
                task -> loop.runOnContext(later -> task.run()),
                seen -> seen.values()
                        .forEach(each -> each.forEach(report -> reported.add(withoutPublication(report.line())))),
                () -> now);
        return new Hub(vertx, "node", source, LIMITS, sessionMetrics, reports, () -> now, random);
    }

    @AfterEach
    void nothingElseWasSent() throws Exception {
        turn(() -> {});
        transport.expect();
        assertThat(over).isEqualTo(session.isClosed() ? 1 : 0);
    }

    @Test
    void theWelcomeFollowsTheHelloAndEventsFollowTheWelcome() throws Exception {
        turn(() -> session.admitted(ALICE));
        assertThat(joins).extracting(join -> join.channel().toString()).containsExactly("user:alice", "broadcast");
        turn(() -> joins.get(0).joined(List.of(event(1)), true, null, 1));
        turn(() -> joins.get(1).joined(List.of(), true, null, 1));
        transport.expect();
        turn(() -> session.receive("{\"type\":\"hello\"}"));
        transport.expect("write welcome alice null", "write event 1");
    }

    @Test
    void whoSaysNoHelloIsWelcomedAfterASecond() throws Exception {
        turn(() -> session.admitted(ALICE));
        pass(Duration.ofMillis(900));
        transport.expect();
        pass(Duration.ofMillis(300));
        transport.expect("write welcome alice null");
    }

    @Test
    void whoIsAdmittedLateIsWelcomedOnceTheChannelsAreJoined() throws Exception {
        pass(Duration.ofSeconds(3));
        turn(() -> session.admitted(ALICE));
        transport.expect();
        turn(this::joinAll);
        transport.expect("write welcome alice null");
    }

    @Test
    void anOutageOfRedisDelaysMessagesAndNotTheWelcome() throws Exception {
        pass(Duration.ofSeconds(3));
        turn(() -> session.admitted(ALICE));
        pass(Duration.ofMillis(1_100));
        transport.expect("write welcome alice null");
    }

    @Test
    void liveMessagesAreNotOursBeforeTheJoinIsOver() throws Exception {
        welcomedSilently();
        turn(() -> live(Channel.user("alice"), event(1)));
        transport.expect();
        turn(() -> joins.get(0).joined(List.of(event(1)), true, null, 1));
        turn(() -> live(Channel.user("alice"), event(2)));
        transport.expect("write event 1", "write event 2");
    }

    @Test
    void namespacesNarrowWhatIsSent() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            joins.get(0).joined(List.of(event(1)), true, null, 1);
            session.receive("{\"type\":\"hello\",\"namespaces\":[\"/other\"]}");
            joinAll();
            live(Channel.user("alice"), event(2));
        });
        transport.expect("write welcome alice null");
    }

    @Test
    void aTokenIsAnsweredHonestly() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive("{\"type\":\"hello\",\"resume\":\"garbage\"}");
            joinAll();
        });
        transport.expect("write welcome alice false");
    }

    @Test
    void aTokenAndPositionsSayFromWhereToGoOn() throws Exception {
        turn(() -> {
            session.receive(hello(token("alice"), ",\"positions\":{\"user\":\"1-9\"}"));
            session.admitted(ALICE);
        });
        assertThat(starts)
                .containsExactly(
                        Start.resumed(Point.after(new Position(1, 9)), new Evidence(5, 77)),
                        Start.resumed(Point.since(6), new Evidence(5, 0)));
        turn(() -> joins.get(0).joined(List.of(event(1)), true, null, 1));
        transport.expect();
        turn(() -> joins.get(1).joined(List.of(), true, null, 1));
        transport.expect("write welcome alice true");
    }

    @Test
    void whatIsMissingAnywhereIsNotRecovered() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive(hello(token("alice"), ""));
            // The join of before the hello counts for nothing any more.
            joins.get(0).joined(List.of(event(9)), true, null, 1);
            joins.get(2).joined(List.of(event(11)), false, null, 1);
            joins.get(3).joined(List.of(), true, null, 1);
        });
        transport.expect("write welcome alice false", "write event 11");
    }

    @Test
    void anothersTokenIsServedButNotRecovered() throws Exception {
        turn(() -> {
            session.receive(hello(token("bob"), ",\"positions\":{\"user\":\"1-9\"}"));
            session.admitted(ALICE);
        });
        assertThat(starts).containsExactly(Start.fresh(START), Start.fresh(START));
        turn(this::joinAll);
        transport.expect("write welcome alice false");
    }

    @Test
    void aLateHelloWithATokenBeginsDeliveryAnewAndASecondHelloIsIgnored() throws Exception {
        welcomedSilently();
        turn(() -> session.receive(hello(token("alice"), "")));
        turn(() -> live(Channel.user("alice"), event(20)));
        transport.expect();
        turn(() -> {
            joins.get(2).joined(List.of(event(19), event(20)), true, null, 1);
            joins.get(3).joined(List.of(), true, null, 1);
        });
        transport.expect("write welcome alice true", "write event 19", "write event 20");
        turn(() -> session.receive(hello("garbage", ",\"namespaces\":[]")));
        transport.expect();
    }

    @Test
    void whatTheBrowserHadElsewhereIsNotSentAgain() throws Exception {
        turn(() -> {
            session.receive(hello(token("alice"), ",\"positions\":{\"user\":\"1-20\"}"));
            session.admitted(ALICE);
            joins.get(0).joined(List.of(event(19)), true, null, 1);
            joins.get(1).joined(List.of(), true, null, 1);
        });
        turn(() -> live(Channel.user("alice"), event(20)));
        turn(() -> live(Channel.user("alice"), event(21)));
        transport.expect("write welcome alice true", "write event 21");
    }

    @Test
    void theInboxIsReplayedIfAskedFor() throws Exception {
        turn(() -> {
            session.receive("{\"type\":\"hello\",\"inbox\":true}");
            session.admitted(ALICE);
        });
        assertThat(starts).containsExactly(Start.kept(START), Start.fresh(START));
        turn(this::joinAll);
        transport.expect("write welcome alice null");
    }

    @Test
    void theInboxIsReplayedToWhoAsksForItLateAndNothingElseIs() throws Exception {
        welcomedSilently();
        turn(() -> joins.get(0).joined(List.of(event(3)), true, new Position(1, 2), 1));
        turn(() -> joins.get(1).joined(List.of(), true, null, 1));
        turn(() -> live(Channel.BROADCAST, event(Channel.BROADCAST, 10, 0)));
        turn(() -> live(Channel.user("alice"), event(4)));
        transport.expect("write event 3", "write event 10", "write event 4");
        turn(() -> session.receive("{\"type\":\"hello\",\"inbox\":true}"));
        assertThat(joins)
                .extracting(join -> join.channel().toString())
                .containsExactly("user:alice", "broadcast", "user:alice");
        assertThat(starts.get(2)).isEqualTo(Start.kept(START));
        turn(() -> live(Channel.user("alice"), event(5)));
        transport.expect("write event 5");
        turn(() -> joins.get(2).joined(events(1, 7), true, null, 1));
        transport.expect("write event 1", "write event 2");
        turn(() -> live(Channel.BROADCAST, event(Channel.BROADCAST, 11, 0)));
        turn(() -> live(Channel.user("alice"), event(6)));
        transport.expect("write event 11", "write event 6");
        assertThat(left).isEmpty();
    }

    @Test
    void whoAsksForItBeforeItHeardAnythingHearsItInOrder() throws Exception {
        welcomedSilently();
        turn(() -> session.receive("{\"type\":\"hello\",\"inbox\":true}"));
        turn(() -> joins.get(0).joined(List.of(event(3)), true, new Position(1, 2), 1));
        turn(() -> joins.get(2).joined(events(1, 4), true, null, 1));
        turn(() -> live(Channel.user("alice"), event(4)));
        transport.expect(written(1, 5));
    }

    @Test
    void whereNothingWasKeptNothingIsReplayed() throws Exception {
        welcomedSilently();
        turn(this::joinAll);
        turn(() -> session.receive("{\"type\":\"hello\",\"inbox\":true}"));
        assertThat(joins).hasSize(2);
    }

    @Test
    void aRepeatReachesOnlyWhoJoinedAfterItWasHandedOutFirst() throws Exception {
        welcomed();
        turn(() -> joins.get(0).joined(List.of(), true, null, 5));
        turn(() -> hub.deliver(Channel.user("alice"), event(1), 5, false));
        turn(() -> hub.deliver(Channel.user("alice"), event(2), 6, false));
        transport.expect();
        turn(() -> hub.deliver(Channel.user("alice"), event(3), 4, false));
        transport.expect("write event 3");
    }

    @Test
    void theWelcomesTokenSaysWhereTheBrowserIsBeforeWhatFollows() throws Exception {
        turn(() -> {
            hub.inStep(3);
            session.admitted(ALICE);
            hub.marked(Channel.user("alice"), 9);
            joins.get(0).joined(List.of(event(4)), true, new Position(1, 3), 1);
            joins.get(1).joined(List.of(), true, null, 1);
            session.receive("{\"type\":\"hello\"}");
        });
        transport.expect("write welcome alice null", "write event 4");
        ResumeToken.Read token = transport.token();
        assertThat(token.asOfMs()).isEqualTo(3);
        assertThat(token.place("user")).isEqualTo(new Place(Point.after(new Position(1, 3)), 9));
        assertThat(token.place("broadcast")).isEqualTo(new Place(Point.BEGINNING, 0));
    }

    @Test
    void whatWasNotWantedMovesTheTokenOn() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive("{\"type\":\"hello\",\"namespaces\":[]}");
            joinAll();
        });
        transport.expect("write welcome alice null");
        turn(() -> {
            for (int n = 1; n <= 49; n++) {
                live(Channel.user("alice"), event(n));
            }
        });
        transport.expect();
        turn(() -> live(Channel.user("alice"), event(50)));
        transport.expect("write resume");
        assertThat(transport.token().place("user")).isEqualTo(new Place(Point.after(new Position(1, 50)), 0));
    }

    @Test
    void aTokenIsRenewedBeforeItIsOld() throws Exception {
        welcomed();
        turn(() -> hub.inStep(8));
        for (int minute = 0; minute < 9; minute++) {
            pass(Duration.ofMinutes(1));
            transport.expectHeartbeats();
        }
        pass(Duration.ofSeconds(61));
        transport.expectHeartbeatsAnd("write resume");
        assertThat(transport.token().asOfMs()).isEqualTo(8);
    }

    @Test
    void aTokenTakesThePlaceOfAHeartbeat() throws Exception {
        welcomed();
        pass(Duration.ofMillis(Wheel.SLOT_MS));
        for (int seconds = 25; seconds < 575; seconds += 25) {
            pass(Duration.ofSeconds(25));
            transport.expect("heartbeat");
        }
        pass(Duration.ofSeconds(25));
        transport.expect("write resume");
        pass(Duration.ofSeconds(25));
        transport.expect("heartbeat");
    }

    @Test
    void heartbeatFollowsSilence() throws Exception {
        welcomed();
        pass(Duration.ofSeconds(24));
        transport.expect();
        turn(() -> session.receive("{\"type\":\"ping\"}"));
        transport.expect("write pong");
        pass(Duration.ofSeconds(24));
        transport.expect();
        pass(Duration.ofSeconds(2));
        transport.expect("heartbeat");
    }

    @Test
    void heartbeatsKeepTogetherAndAreAWholeIntervalApart() throws Exception {
        welcomed();
        pass(Duration.ofMillis(300));
        turn(() -> session.receive("{\"type\":\"ping\"}"));
        transport.expect("write pong");
        pass(Duration.ofMillis(24_700));
        transport.expect();
        pass(Duration.ofMillis(100));
        transport.expect("heartbeat");
        pass(Duration.ofMillis(24_900));
        transport.expect();
        pass(Duration.ofMillis(100));
        transport.expect("heartbeat");
    }

    @Test
    void hubsAreApartInTheirHeartbeats(Vertx vertx) throws Exception {
        turn(() -> {
            assertThat(hub.onBeat(1_000_999)).isEqualTo(1_000_000);
            Hub other = hub(vertx, () -> 0.25);
            assertThat(other.onBeat(1_000_999)).isEqualTo(1_000_250);
            assertThat(other.onBeat(1_000_249)).isEqualTo(999_250);
        });
    }

    @Test
    void aBrowserThatDoesNotReadIsClosedAtItsBudget() throws Exception {
        welcomed();
        turn(() -> joins.get(0).joined(List.of(), true, null, 1));
        transport.writable = false;
        for (int i = 0; i < 10; i++) {
            int n = i;
            turn(() -> live(Channel.user("alice"), event(n)));
        }
        turn(() -> {});
        transport.expect("close 4002");
        assertThat(left).containsExactlyInAnyOrder("user:alice", "broadcast");
        pass(Duration.ofSeconds(6));
        transport.expect("reset");
    }

    @Test
    void whoReadsIsNotTooSlowForWhatComesAllAtOnce() throws Exception {
        welcomed();
        turn(() -> {
            for (int n = 0; n < MANY; n++) {
                Message message = event(n);
                hub.handOver(Channel.user("alice"), message, 0, false);
            }
        });
        for (int n = 0; n < MANY; n++) {
            turn(() -> {});
        }
        transport.expect(written(0, MANY));
    }

    @Test
    void whoGoesOnGetsWhatItMissedThoughItIsMoreThanTheBudget() throws Exception {
        turn(() -> {
            session.receive(hello(token("alice"), ""));
            session.admitted(ALICE);
        });
        turn(() -> joins.get(0).joined(events(20, 20 + MANY), true, null, 1));
        turn(() -> live(Channel.user("alice"), event(20 + MANY)));
        transport.writable = false;
        turn(() -> joins.get(1).joined(events(40, 40 + MANY), true, null, 1));
        transport.expect();
        transport.writable = true;
        turn(session::flush);
        assertThat(transport.events.remove(0)).isEqualTo("write welcome alice true");
        assertThat(List.copyOf(transport.events))
                .containsExactly(Stream.of(written(20, 21 + MANY), written(40, 40 + MANY))
                        .flatMap(Stream::of)
                        .toArray(String[]::new));
        transport.events.clear();
    }

    @Test
    void soItDoesIfADoubtKeepsThatBackFirst() throws Exception {
        turn(() -> {
            session.receive(hello(token("alice"), ""));
            session.admitted(ALICE);
            session.hold();
        });
        turn(() -> joins.get(0).joined(events(20, 20 + MANY), true, null, 1));
        turn(() -> joins.get(1).joined(List.of(), true, null, 1));
        transport.expect("write welcome alice true");
        transport.writable = false;
        turn(session::release);
        transport.expect();
        transport.writable = true;
        turn(session::flush);
        transport.expect(written(20, 20 + MANY));
    }

    @Test
    void whoseChannelMissedMuchIsNotTooSlowForItButForWhatFollows() throws Exception {
        welcomed();
        transport.writable = false;
        for (Message late : events(0, MANY)) {
            turn(() -> hub.deliver(Channel.user("alice"), late, 0, true));
        }
        turn(() -> live(Channel.user("alice"), event(MANY)));
        transport.expect();
        transport.writable = true;
        turn(session::flush);
        transport.expect(written(0, MANY + 1));
        transport.writable = false;
        for (Message event : events(20, 20 + MANY)) {
            turn(() -> live(Channel.user("alice"), event));
        }
        turn(() -> {});
        transport.expect("close 4002");
        turn(() -> session.ended(1006));
    }

    @Test
    void whoDoesNotReadWhatItMissedIsStillClosedAtItsBudget() throws Exception {
        turn(() -> {
            session.receive(hello(token("alice"), ""));
            session.admitted(ALICE);
        });
        transport.writable = false;
        turn(() -> joins.get(0).joined(events(20, 20 + MANY), true, null, 1));
        turn(() -> joins.get(1).joined(List.of(), true, null, 1));
        for (int i = 0; i < MANY; i++) {
            int n = i;
            turn(() -> live(Channel.user("alice"), event(20 + MANY + n)));
        }
        turn(() -> {});
        transport.expect("close 4002");
        turn(() -> session.ended(1006));
    }

    @Test
    void aReceiptTellsWhatWasWrittenAndWhoAcknowledgedItOnce() throws Exception {
        transport.session = session;
        welcomed();
        turn(() -> {
            live(Channel.user("alice"), event(1, 60));
            live(Channel.user("alice"), event(2));
        });
        transport.expect("write event 1", "write event 2");
        reported("held user:alice 1000000 1", "written user:alice 1000000 c1 recording alice");
        turn(() -> session.receive("{\"type\":\"ack\",\"ids\":[\"i2\",\"i1\",\"i1\",\"i3\"]}"));
        reported("acknowledged user:alice 1000000 c1");
    }

    @Test
    void aReceiptTellsThatANamespaceWasNotWanted() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive("{\"type\":\"hello\",\"namespaces\":[\"/other\"]}");
            joinAll();
            live(Channel.user("alice"), event(1, 60));
        });
        transport.expect("write welcome alice null");
        reported(
                "held user:alice 1000000 1",
                "not-delivered user:alice 1000000 c1 namespace-not-wanted recording alice");
        turn(() -> session.receive("{\"type\":\"ack\",\"ids\":[\"i1\"]}"));
        reported();
    }

    @Test
    void aReceiptTellsWhatATooSlowBrowserDidNotGet() throws Exception {
        transport.session = session;
        welcomed();
        Promise<Void> network = Promise.promise();
        transport.network = network.future();
        turn(() -> live(Channel.user("alice"), event(0, 60)));
        transport.writable = false;
        for (int i = 1; i < 6; i++) {
            int n = i;
            turn(() -> live(Channel.user("alice"), event(n, n == 2 ? 0 : 60)));
        }
        turn(() -> {});
        transport.expect("write event 0", "close 4002");
        turn(() -> network.fail("reset"));
        pass(Duration.ofSeconds(6));
        transport.expect("reset");
        reported.removeIf(report -> report.startsWith("held"));
        String lost = "not-delivered user:alice 1000000 c1 slow recording alice";
        // One found no room, three waited, one was with the network; the sixth has no receipt.
        reported(lost, lost, lost, lost, lost);
    }

    @Test
    void aReceiptTellsWhatWaitedWhenTheSessionEnded() throws Exception {
        turn(() -> session.admitted(ALICE));
        turn(this::joinAll);
        turn(() -> live(Channel.user("alice"), event(1, 60)));
        reported("held user:alice 1000000 1");
        turn(() -> session.ended(1006));
        reported("not-delivered user:alice 1000000 c1 session-ended recording alice");
    }

    @Test
    void theTwentyFirstMessageInASecondEndsIt() throws Exception {
        welcomed();
        turn(() -> session.receive("{}"));
        pass(Duration.ofMillis(1_001));
        receive(20);
        transport.expect();
        expectOneMoreToBeTooMany();
    }

    @Test
    void soItIsWhereverTheSecondBegins() throws Exception {
        welcomed();
        pass(Duration.ofSeconds(1));
        turn(() -> session.receive("{}"));
        pass(Duration.ofMillis(900));
        receive(19);
        pass(Duration.ofMillis(100));
        transport.expect();
        turn(() -> session.receive("{}"));
        transport.expect();
        expectOneMoreToBeTooMany();
    }

    @Test
    void whatTheNetworkHeldBackMayComeTogether() throws Exception {
        welcomed();
        for (int i = 0; i < 30; i++) {
            turn(() -> session.receive("{}"));
            pass(Duration.ofSeconds(1));
        }
        pass(Duration.ofSeconds(24));
        receive(25);
        transport.expectHeartbeats();
    }

    @Test
    void silenceSavesUpNoMoreThanTwoSecondsWorth() throws Exception {
        welcomed();
        pass(Duration.ofMinutes(1));
        transport.expectHeartbeats();
        receive(60);
        transport.expect();
        expectOneMoreToBeTooMany();
    }

    @Test
    void whatWasSavedUpIsSpentOnce() throws Exception {
        welcomed();
        pass(Duration.ofMinutes(1));
        transport.expectHeartbeats();
        receive(60);
        pass(Duration.ofMillis(1_001));
        receive(20);
        transport.expect();
        expectOneMoreToBeTooMany();
    }

    @Test
    void whoSendsAsFastAsItMayIsNeverTooFast() throws Exception {
        welcomed();
        // Its hello counts, too.
        pass(Duration.ofSeconds(1));
        for (int i = 0; i < 500; i++) {
            turn(() -> session.receive("{}"));
            pass(Duration.ofMillis(50));
        }
        transport.expectHeartbeats();
    }

    /** Against a list of all that came; whatever was dropped of a browser that is silent for a while must not be missed. */
    @Test
    void whateverItsPaceTheFirstOneTooManyIsFound() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            RecordingTransport other = new RecordingTransport();
            List<Long> came = new ArrayList<>();
            long before = now;
            long saved = 0;
            boolean tooMany = false;
            Session sender = Future.<Session>future(opened ->
                            loop.runOnContext(go -> opened.complete(hub.open(other, "c2", START, closed -> {}))))
                    .await(30, TimeUnit.SECONDS);
            int usual = 1 + random.nextInt(90);
            for (int i = 0; i < 200 && !tooMany; i++) {
                turn(() -> sender.receive("{}"));
                came.add(now);
                long sinceMs = now - 1_000;
                saved = Math.min(40, saved + 2 * Math.max(0, (now - before) / 1_000 - 1));
                before = now;
                tooMany = came.stream().filter(at -> at > sinceMs).count() > 20 && --saved < 0;
                assertThat(sender.isClosed()).as("seed %d, came %s", seed, came).isEqualTo(tooMany);
                pass(Duration.ofMillis(random.nextInt(12) == 0 ? random.nextInt(4_500) : random.nextInt(usual)));
            }
            turn(() -> sender.ended(1006));
        }
        transport.expectHeartbeats();
    }

    @Test
    void anotherProtocolIsRefused() throws Exception {
        turn(() -> session.receive("{\"type\":\"hello\",\"protocol\":2}"));
        transport.expect("close 4107");
        turn(() -> session.ended(1000));
    }

    @Test
    void topicsJoinAndLeaveWhenTheSiteSaysSo() throws Exception {
        welcomed();
        turn(() -> session.changed(new Identity("alice", null, List.of("a", "b"), Long.MAX_VALUE), START));
        turn(() -> session.changed(new Identity("alice", null, List.of("b"), Long.MAX_VALUE), START));
        assertThat(joins)
                .extracting(join -> join.channel().toString())
                .containsExactly("user:alice", "broadcast", "topic:a", "topic:b");
        assertThat(left).containsExactly("topic:a");
        pass(Duration.ofSeconds(1));
        transport.expect("write resume");
        assertThat(transport.token().place("topic:a")).isNull();
        assertThat(transport.token().place("topic:b")).isNotNull();
    }

    @Test
    void whatWasKeptBackOfATopicIsDroppedIfTheSiteTakesThatAway() throws Exception {
        welcomed();
        turn(() -> session.changed(new Identity("alice", null, List.of("a", "b"), Long.MAX_VALUE), START));
        turn(this::joinAll);
        pass(Duration.ofSeconds(1));
        transport.expect("write resume");
        turn(session::hold);
        turn(() -> live(Channel.topic("a"), event(Channel.topic("a"), 1, 60)));
        turn(() -> live(Channel.topic("b"), event(Channel.topic("b"), 2, 0)));
        turn(() -> live(Channel.topic("a"), Message.gap("topic:a")));
        turn(() -> session.changed(new Identity("alice", null, List.of("b"), Long.MAX_VALUE), START));
        turn(session::release);
        transport.expect("write event 2");
        reported("held topic:a " + now + " 1", "not-delivered topic:a " + now + " c1 not-subscribed recording alice");
        pass(Duration.ofSeconds(1));
        transport.expect("write resume");
    }

    @Test
    void anotherDoubtKeepsBackWhatIsPrivateForItsOwnTime() throws Exception {
        welcomed();
        turn(session::hold);
        turn(() -> live(Channel.user("alice"), event(1)));
        pass(Duration.ofSeconds(20));
        turn(session::hold);
        turn(() -> live(Channel.user("alice"), event(2)));
        pass(Duration.ofSeconds(20));
        transport.expectHeartbeats();
        pass(Duration.ofSeconds(11));
        transport.expectHeartbeatsAnd("write event 1", "write event 2");
    }

    @Test
    void aDoubtKeepsBackWhatIsPrivateForAllOfItsTimeThoughTheOneBeforeEndsMeanwhile() throws Exception {
        welcomed();
        turn(session::hold);
        pass(Duration.ofSeconds(5));
        turn(session::release);
        pass(Duration.ofSeconds(10));
        turn(session::hold);
        turn(() -> live(Channel.user("alice"), event(1)));
        pass(Duration.ofSeconds(20));
        transport.expectHeartbeats();
        pass(Duration.ofSeconds(11));
        transport.expectHeartbeatsAnd("write event 1");
    }

    @Test
    void whatADoubtKeptBackBeforeTheHelloComesOnce() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.hold();
        });
        turn(() -> joins.get(0).joined(List.of(event(3)), true, null, 1));
        turn(() -> session.receive(hello(token("alice"), "")));
        turn(() -> joins.get(2).joined(List.of(event(3)), true, null, 1));
        turn(() -> joins.get(3).joined(List.of(), true, null, 1));
        turn(session::release);
        transport.expect("write welcome alice true", "write event 3");
        assertThat(metrics.get("fanfare_queue_bytes").gauge().value()).isZero();
    }

    @Test
    void anAdmissionAfterTheEndChangesNothing() throws Exception {
        turn(() -> session.ended(1006));
        turn(() -> session.admitted(ALICE));
        assertThat(joins).isEmpty();
        assertThat(metrics.counter("fanfare_closes_total", "code", "1006").count())
                .isEqualTo(1);
    }

    @Test
    void whoIsAskedBackGoesOnHearing() throws Exception {
        turn(() -> session.askBack(1_000, "too early to be asked"));
        welcomed();
        turn(() -> session.askBack(1_000, "session too old"));
        turn(() -> live(Channel.BROADCAST, event(1)));
        transport.expect("write reconnect", "write event 1");
    }

    @Test
    void whoHasToGoIsToldFirstAndClosedIfItStays() throws Exception {
        welcomed();
        drain();
        pass(Duration.ofMillis(200));
        transport.expect("write reconnect");
        turn(() -> live(Channel.BROADCAST, event(1)));
        transport.expect("write event 1");
        pass(Duration.ofMillis(4_800));
        transport.expect();
        assertThat(farewells()).isZero();
        pass(Duration.ofMillis(300));
        transport.expect("close 4001");
        assertThat(farewells()).isEqualTo(1);
        turn(() -> session.ended(1006));
        assertThat(farewells()).isZero();
        assertThat(metrics.counter("fanfare_reconnects_asked_total", "reason", "drain")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void whoDoesNotReadItsFarewellIsNotWaitedForForEver() throws Exception {
        welcomed();
        turn(() -> session.close(CloseReason.DRAIN));
        transport.expect("close 4001");
        pass(Duration.ofMillis(5_200));
        transport.expect("reset");
        assertThat(farewells()).isZero();
    }

    @Test
    void whoComesInWhileTheGatewayStopsHasToGoToo() throws Exception {
        turn(() -> session.ended(1006));
        drain();
        RecordingTransport late = new RecordingTransport();
        turn(() -> {
            Session newcomer = hub.open(late, "c2", START, closed -> {});
            newcomer.hello(Command.Hello.SILENT);
        });
        pass(Duration.ofMillis(5_300));
        // Nobody has said yet who it is, so it could not be told.
        late.expect("close 4001");
    }

    @Test
    void whoIsNotWelcomeYetWhenItHasToGoIsToldAsSoonAsItIs() throws Exception {
        turn(() -> session.admitted(ALICE));
        drain();
        pass(Duration.ofMillis(800));
        transport.expect();
        turn(() -> {
            joinAll();
            session.receive("{\"type\":\"hello\"}");
        });
        pass(Duration.ofMillis(300));
        transport.expect("write welcome alice null", "write reconnect");
        pass(Duration.ofMillis(4_700));
        transport.expect();
        pass(Duration.ofMillis(300));
        transport.expect("close 4001");
        turn(() -> session.ended(1006));
    }

    @Test
    void onlyWhoHasBeenHereForLongIsAskedToMoveAndOnce() throws Exception {
        welcomed();
        turn(() -> hub.askToMove(5, 300_000, 10_000, "rebalance"));
        transport.expect();
        pass(Duration.ofMinutes(5));
        transport.expectHeartbeats();
        turn(() -> hub.askToMove(5, 300_000, 10_000, "rebalance"));
        transport.expect("write reconnect");
        turn(() -> hub.askToMove(5, 300_000, 10_000, "rebalance"));
        transport.expect();
    }

    /** What a browser goes on from is as old as its page; where it is, it is new. */
    @Test
    void whoCameHereToGoOnIsAsYoungAsItsConnection() throws Exception {
        pass(Duration.ofMinutes(20));
        transport.expectHeartbeats();
        RecordingTransport moved = new RecordingTransport();
        turn(() -> {
            Session newcomer = hub.open(moved, "c2", START, closed -> {});
            newcomer.admitted(ALICE);
            newcomer.receive(hello(token("alice"), ""));
            joinAll();
        });
        moved.expect("write welcome alice true");
        turn(() -> session.ended(1000));
        pass(Duration.ofSeconds(599));
        turn(() -> hub.askToMove(5, 600_000, 10_000, "rebalance"));
        moved.expectHeartbeatsAnd("write resume");
        pass(Duration.ofMillis(1_200));
        moved.expectHeartbeats();
        turn(() -> hub.askToMove(5, 600_000, 10_000, "rebalance"));
        moved.expect("write reconnect");
    }

    @Test
    void noMoreMoveThanAreToAndNobodyBeforeItsWelcome() throws Exception {
        turn(() -> hub.askToMove(5, 0, 10_000, "rebalance"));
        welcomed();
        List<RecordingTransport> others = List.of(new RecordingTransport(), new RecordingTransport());
        turn(() -> others.forEach(this::come));
        turn(() -> joins.subList(2, joins.size()).forEach(join -> join.joined(List.of(), true, null, 1)));
        turn(() -> hub.askToMove(2, 0, 10_000, "rebalance"));
        assertThat(metrics.counter("fanfare_reconnects_asked_total", "reason", "rebalance")
                        .count())
                .isEqualTo(2);
        transport.events.clear();
    }

    @Test
    void thoseOfABroadcastWhoseTurnComesLaterGetWhatCameMeanwhileInOneWrite() throws Exception {
        List<RecordingTransport> crowd = crowd();
        Message second = event(Channel.BROADCAST, 2, 0);
        transport.whileWriting = () -> {
            transport.whileWriting = () -> {};
            hub.handOver(Channel.BROADCAST, second, 0, false);
        };
        Message first = event(Channel.BROADCAST, 1, 0);
        turn(() -> hub.handOver(Channel.BROADCAST, first, 0, false));
        transport.expect("write event 1", "write event 2");
        crowd.forEach(other -> other.expect("write event 1", "write event 2"));
        assertThat(transport.writes).isEqualTo(2);
        assertThat(crowd.get(CROWD - 1).writes).isEqualTo(1);
    }

    @Test
    void whoLeavesDuringABroadcastKeepsItFromNobodyElse() throws Exception {
        List<RecordingTransport> crowd = crowd();
        transport.whileWriting = () -> {
            session.ended(1001);
            hub.open(new RecordingTransport(), "late", START, closed -> {}).admitted(ALICE);
        };
        turn(() -> live(Channel.BROADCAST, event(Channel.BROADCAST, 1, 0)));
        transport.expect("write event 1");
        crowd.forEach(other -> other.expect("write event 1"));
    }

    /** One more session of Alice, who is welcome once its joins are over. */
    private void come(RecordingTransport other) {
        Session one = hub.open(other, "c2", START, closed -> {});
        one.admitted(ALICE);
        one.receive("{\"type\":\"hello\"}");
    }

    /** So many others who are welcome, in the order in which they hear a broadcast; the session is the first one. */
    private List<RecordingTransport> crowd() throws Exception {
        welcomed();
        List<RecordingTransport> crowd =
                Stream.generate(RecordingTransport::new).limit(CROWD).toList();
        turn(() -> {
            crowd.forEach(this::come);
            joins.subList(2, joins.size()).forEach(join -> join.joined(List.of(), true, null, 1));
        });
        crowd.forEach(other -> {
            other.expect("write welcome alice null");
            other.writes = 0;
        });
        transport.writes = 0;
        return crowd;
    }

    private void drain() throws Exception {
        Drain drain = new Drain(Duration.ofSeconds(60), () -> now, () -> 0, metrics);
        drain.begin();
        turn(() -> hub.drain(drain));
    }

    private int farewells() {
        return sessionMetrics.farewells().get();
    }

    @Test
    void aBugThatOneSessionMeetsEndsThatOneOnly() throws Exception {
        endsThatOneOnly(() -> transport.broken = true);
    }

    @Test
    void soDoesABugInFrontOfTheWrite() throws Exception {
        endsThatOneOnly(() -> transport.puzzled = true);
    }

    private void endsThatOneOnly(Runnable bug) throws Exception {
        RecordingTransport other = new RecordingTransport();
        welcomed();
        turn(() -> {
            come(other);
            joinAll();
        });
        other.expect("write welcome alice null");
        bug.run();
        turn(() -> live(Channel.BROADCAST, event(1)));
        turn(() -> {});
        transport.expect("reset");
        assertThat(session.isClosed()).isTrue();
        other.expect("write event 1");
        assertThat(metrics.get("fanfare_internal_errors_total").counter().count())
                .isEqualTo(1);
    }

    @Test
    void whatIsHandedInTogetherLeavesTogether() throws Exception {
        welcomed();
        transport.writes = 0;
        turn(() -> {
            for (int i = 1; i <= 3; i++) {
                Message event = event(i);
                hub.handOver(Channel.user("alice"), event, 0, false);
            }
        });
        transport.expect("write event 1", "write event 2", "write event 3");
        assertThat(transport.writes).isEqualTo(1);
    }

    @Test
    void whatComesWhileSomethingIsWrittenFollowsIt() throws Exception {
        welcomed();
        transport.whileWriting = () -> {
            transport.whileWriting = () -> {};
            transport.writable = false;
            session.receive("{\"type\":\"ping\"}");
            session.flush();
        };
        turn(() -> live(Channel.user("alice"), event(1)));
        transport.expect();
        transport.writable = true;
        turn(session::flush);
        transport.expect("write event 1", "write pong");
    }

    /** A report without the time that tells publications with one id apart. */
    private static String withoutPublication(String line) {
        return line.replaceFirst("^(\\S+ \\S+) \\d+", "$1");
    }

    private void reported(String... expected) throws Exception {
        turn(() -> {});
        assertThat(reported).containsExactly(expected);
        reported.clear();
    }

    private void live(Channel channel, Message message) {
        hub.deliver(channel, message, 0, false);
    }

    private void joinAll() {
        List.copyOf(joins).forEach(join -> join.joined(List.of(), true, null, 1));
    }

    private void receive(int messages) throws Exception {
        for (int i = 0; i < messages; i++) {
            turn(() -> session.receive("{}"));
        }
    }

    private void expectOneMoreToBeTooMany() throws Exception {
        receive(1);
        transport.expect("write error 4105", "close 4105");
        turn(() -> session.ended(1000));
    }

    private void welcomed() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive("{\"type\":\"hello\"}");
            joinAll();
        });
        transport.expect("write welcome alice null");
    }

    private void welcomedSilently() throws Exception {
        turn(() -> session.admitted(ALICE));
        pass(Duration.ofMillis(1_100));
        transport.expect("write welcome alice null");
    }

    private static String token(String user) {
        return new ResumeToken(
                        user,
                        5,
                        Map.of(
                                "user",
                                new Place(Point.after(new Position(1, 2)), 77),
                                "broadcast",
                                new Place(Point.since(6), 0)))
                .encode();
    }

    private static String hello(String token, String more) {
        return "{\"type\":\"hello\",\"resume\":\"" + token + "\"" + more + "}";
    }

    private static List<Message> events(int first, int end) {
        return IntStream.range(first, end).mapToObj(SessionTest::event).toList();
    }

    private static String[] written(int first, int end) {
        return IntStream.range(first, end).mapToObj(n -> "write event " + n).toArray(String[]::new);
    }

    private static Message event(int n) {
        return event(n, 0);
    }

    private static Message event(int n, int receiptSeconds) {
        return event(Channel.user("alice"), n, receiptSeconds);
    }

    private static Message event(Channel channel, int n, int receiptSeconds) {
        return Message.of(
                channel,
                new Item(
                        new Position(1, n),
                        null,
                        n,
                        Long.MAX_VALUE,
                        "i" + n,
                        "/n",
                        receiptSeconds,
                        Buffer.buffer(
                                "{\"type\":\"event\",\"data\":" + n + ",\"filling\":\"" + "x".repeat(50) + "\"}")));
    }

    /** Lets time pass in steps of the wheel. */
    private void pass(Duration duration) throws Exception {
        long end = now + duration.toMillis();
        turn(() -> {
            while (now < end) {
                now = Math.min(end, now + Wheel.SLOT_MS);
                hub.wheel().advance(now);
            }
        });
    }

    private void turn(Runnable step) throws Exception {
        Future.future(done -> loop.runOnContext(go -> {
                    step.run();
                    // What the step put off to the end of its tick comes first.
                    loop.runOnContext(after -> done.complete());
                }))
                .await(30, TimeUnit.SECONDS);
    }
}
