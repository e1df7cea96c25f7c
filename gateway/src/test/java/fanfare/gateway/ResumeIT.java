package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A browser that comes back, to whichever gateway, goes on where it was. */
class ResumeIT {
    private static final Channel ALICE = Channel.user("alice");

    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = Cluster.of(2);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void whatWasPublishedMeanwhileArrivesOnceAndInOrderOnAnotherGateway(PushTransport transport) {
        PushClient first = open(transport, 0, "alice");
        Message welcome = first.send("{\"type\":\"hello\"}").expectWelcome();
        cluster.publish(ALICE, "seen", "1");
        Message seen = first.expectEvent("seen");
        first.close();
        cluster.publish(ALICE, "missed", "2");
        cluster.publish(Channel.BROADCAST, "missed by all", "3");

        PushClient second = open(transport, 1, "alice");
        second.send(hello(welcome, new JsonObject().put("user", seen.json().getString("position"))));
        assertThat(second.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        // Private and public messages have no order between them.
        assertThat(second.expectEvents(2))
                .extracting(event -> event.json().getString("event"))
                .containsExactlyInAnyOrder("missed", "missed by all");
        cluster.publish(ALICE, "live", "4");
        second.expectEvent("live");
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void anothersTokenOrGarbageGrantsNothing(PushTransport transport) {
        PushClient bob = open(transport, 0, "bob");
        Message welcome = bob.send("{\"type\":\"hello\"}").expectWelcome();
        bob.close();
        cluster.publish(Channel.user("bob"), "private", "1");
        cluster.publish(ALICE, "old", "2");
        cluster.awaitLater();
        PushClient alice = open(transport, 1, "alice");
        alice.send(hello(welcome, new JsonObject().put("user", "0-0")));
        assertThat(alice.expectVerdict().json().getValue("recovered")).isEqualTo(false);
        PushClient other = open(transport, 1, "alice");
        other.send(new JsonObject()
                .put("type", "hello")
                .put("resume", "x".repeat(2_000))
                .encode());
        assertThat(other.expectVerdict().json().getValue("recovered")).isEqualTo(false);
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void aBrowserThatMissedNothingRecovers(PushTransport transport) {
        PushClient before = open(transport, 0, "alice");
        Message welcome = before.send("{\"type\":\"hello\"}").expectWelcome();
        before.close();
        PushClient again = open(transport, 1, "alice");
        again.send(hello(welcome, new JsonObject()));
        assertThat(again.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        assertThat(ResumeToken.decode(welcome.json().getString("resume"))).isNotNull();
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void messagesToSomebodyAwayWaitAndComeIfAskedFor(PushTransport transport) {
        cluster.publish(ALICE, "waited", "1");
        cluster.awaitLater();
        PushClient silent = open(transport, 0, "alice");
        silent.send("{\"type\":\"hello\"}").expectWelcome();
        PushClient asking = open(transport, 1, "alice");
        asking.send("{\"type\":\"hello\",\"inbox\":true}").expectWelcome();
        asking.expectEvent("waited");
    }

    @Test
    void whoAsksForThatLateIsNotSentAgainWhatItHasHad() {
        cluster.publish(ALICE, "waited", "1");
        cluster.publish(ALICE, "waited too", "2");
        cluster.awaitLater();
        PushClient silent = open(PushTransport.RAW_WEBSOCKET, 0, "alice");
        silent.expectWelcome();
        cluster.publish(ALICE, "live", "3");
        silent.expectEvent("live");
        silent.send("{\"type\":\"hello\",\"inbox\":true}");
        silent.expectEvent("waited");
        silent.expectEvent("waited too");
        cluster.publish(ALICE, "live again", "4");
        silent.expectEvent("live again");
    }

    private PushClient open(PushTransport transport, int gateway, String login) {
        return cluster.connect(transport, gateway, TestSite.login(login)).awaitOpen();
    }

    private static String hello(Message welcome, JsonObject positions) {
        return new JsonObject()
                .put("type", "hello")
                .put("resume", welcome.json().getString("resume"))
                .put("positions", positions)
                .encode();
    }
}
