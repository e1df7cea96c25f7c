package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.protocol.ResumeToken;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A session on a hub whose time the test owns; every step is a turn of the hub's event loop. */
@ExtendWith(VertxExtension.class)
class SessionTest {
    private static final SessionLimits LIMITS =
            new SessionLimits(400, Duration.ofSeconds(1), Duration.ofSeconds(25), Duration.ofSeconds(5), 20);
    private static final Identity ALICE = new Identity("alice", null, List.of(), Long.MAX_VALUE);

    private final RecordingTransport transport = new RecordingTransport();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Subscription> joins = new ArrayList<>();
    private final List<Start> starts = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private Context loop;
    private Hub hub;
    private Session session;
    private volatile long now = 1_000_000;
    private int over;

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        loop = vertx.getOrCreateContext();
        turn(() -> {
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
            hub = new Hub(vertx, "node", source, LIMITS, new SessionMetrics(metrics), () -> now, () -> 0.0);
            session = hub.open(transport, "c1", 7, closed -> over++);
        });
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
        turn(() -> joins.get(0).joined(List.of(event(1)), true));
        turn(() -> joins.get(1).joined(List.of(), true));
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
        turn(() -> hub.deliver(Channel.user("alice"), event(1)));
        transport.expect();
        turn(() -> joins.get(0).joined(List.of(event(1)), true));
        turn(() -> hub.deliver(Channel.user("alice"), event(2)));
        transport.expect("write event 1", "write event 2");
    }

    @Test
    void namespacesNarrowWhatIsSent() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            joins.get(0).joined(List.of(event(1)), true);
            session.receive("{\"type\":\"hello\",\"namespaces\":[\"/other\"]}");
            joinAll();
            hub.deliver(Channel.user("alice"), event(2));
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
                .containsExactly(Start.resumed(Point.after(new Position(1, 9)), 5), Start.resumed(Point.since(6), 5));
        turn(() -> joins.get(0).joined(List.of(event(1)), true));
        transport.expect();
        turn(() -> joins.get(1).joined(List.of(), true));
        transport.expect("write welcome alice true");
    }

    @Test
    void whatIsMissingAnywhereIsNotRecovered() throws Exception {
        turn(() -> {
            session.admitted(ALICE);
            session.receive(hello(token("alice"), ""));
            // The join of before the hello counts for nothing any more.
            joins.get(0).joined(List.of(event(9)), true);
            joins.get(2).joined(List.of(event(11)), false);
            joins.get(3).joined(List.of(), true);
        });
        transport.expect("write welcome alice false", "write event 11");
    }

    @Test
    void anothersTokenIsServedButNotRecovered() throws Exception {
        turn(() -> {
            session.receive(hello(token("bob"), ",\"positions\":{\"user\":\"1-9\"}"));
            session.admitted(ALICE);
        });
        assertThat(starts).containsExactly(Start.fresh(7), Start.fresh(7));
        turn(this::joinAll);
        transport.expect("write welcome alice false");
    }

    @Test
    void aLateHelloWithATokenBeginsDeliveryAnewAndASecondHelloIsIgnored() throws Exception {
        welcomedSilently();
        turn(() -> session.receive(hello(token("alice"), "")));
        turn(() -> hub.deliver(Channel.user("alice"), event(20)));
        transport.expect();
        turn(() -> {
            joins.get(2).joined(List.of(event(19), event(20)), true);
            joins.get(3).joined(List.of(), true);
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
            joins.get(0).joined(List.of(event(19)), true);
            joins.get(1).joined(List.of(), true);
        });
        turn(() -> hub.deliver(Channel.user("alice"), event(20)));
        turn(() -> hub.deliver(Channel.user("alice"), event(21)));
        transport.expect("write welcome alice true", "write event 21");
    }

    @Test
    void theInboxIsReplayedIfAskedFor() throws Exception {
        turn(() -> {
            session.receive("{\"type\":\"hello\",\"inbox\":true}");
            session.admitted(ALICE);
        });
        assertThat(starts).containsExactly(Start.fresh(0), Start.fresh(7));
        turn(this::joinAll);
        transport.expect("write welcome alice null");
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
    void aBrowserThatDoesNotReadIsClosedAtItsBudget() throws Exception {
        welcomed();
        turn(() -> joins.get(0).joined(List.of(), true));
        transport.writable = false;
        for (int i = 0; i < 10; i++) {
            int n = i;
            turn(() -> hub.deliver(Channel.user("alice"), event(n)));
        }
        turn(() -> {});
        transport.expect("close 4002");
        assertThat(left).containsExactlyInAnyOrder("user:alice", "broadcast");
        pass(Duration.ofSeconds(6));
        transport.expect("reset");
    }

    @Test
    void theTwentyFirstMessageInASecondEndsIt() throws Exception {
        welcomed();
        turn(() -> session.receive("{}"));
        pass(Duration.ofMillis(1_001));
        for (int i = 0; i < 20; i++) {
            turn(() -> session.receive("{}"));
        }
        transport.expect();
        turn(() -> session.receive("{}"));
        transport.expect("write error 4105", "close 4105");
        turn(() -> session.ended(1000));
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
        turn(() -> session.changed(new Identity("alice", null, List.of("a", "b"), Long.MAX_VALUE), 9));
        turn(() -> session.changed(new Identity("alice", null, List.of("b"), Long.MAX_VALUE), 9));
        assertThat(joins)
                .extracting(join -> join.channel().toString())
                .containsExactly("user:alice", "broadcast", "topic:a", "topic:b");
        assertThat(left).containsExactly("topic:a");
    }

    @Test
    void anAdmissionAfterTheEndChangesNothing() throws Exception {
        turn(() -> session.ended(1006));
        turn(() -> session.admitted(ALICE));
        assertThat(joins).isEmpty();
        assertThat(metrics.counter("fanfare_closes_total", "code", "1006").count())
                .isEqualTo(1);
    }

    private void joinAll() {
        List.copyOf(joins).forEach(join -> join.joined(List.of(), true));
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
        return new ResumeToken(user, 5, Map.of("user", Point.after(new Position(1, 2)), "broadcast", Point.since(6)))
                .encode();
    }

    private static String hello(String token, String more) {
        return "{\"type\":\"hello\",\"resume\":\"" + token + "\"" + more + "}";
    }

    private static Message event(int n) {
        return Message.of(new Item(
                new Position(1, n),
                null,
                n,
                Long.MAX_VALUE,
                "i" + n,
                "/n",
                Buffer.buffer("{\"type\":\"event\",\"data\":" + n + ",\"filling\":\"" + "x".repeat(50) + "\"}")));
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
