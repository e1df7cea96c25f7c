package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.control.Disconnect;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who was put out while a gateway could not hear of it hears nothing that was published since. */
class ControlAfterOutageIT {
    private static final Channel ALICE = Channel.user("alice");

    private RedisServer server;
    private FlakyLink link;

    @BeforeEach
    void start() {
        server = RedisServer.start();
        link = FlakyLink.to(server.port());
    }

    @AfterEach
    void stop() {
        link.close();
        server.close();
    }

    @Test
    void aDisconnectGivenWhileTheGatewayWasCutOffComesBeforeAnyMessage() {
        try (Cluster cluster = Cluster.on(server, link.port(), 1)) {
            PushClient alice = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            PushClient bob = cluster.join(PushTransport.XHR, 0, "bob");
            link.refuse();
            link.cut();
            cluster.disconnect(new Disconnect("alice", null, 4103, "out", List.of()));
            cluster.publish(ALICE, "not for her any more", "1");
            cluster.publish(Channel.user("bob"), "for him", "1");
            link.resume();
            alice.expectClose(4103);
            bob.expectEvent("for him");
        }
    }

    @Test
    void ifTheCommandsAreLostTheSiteIsAskedBeforeAnythingPrivateGoesOut() {
        try (Cluster cluster = Cluster.on(server, link.port(), 1)) {
            PushClient alice = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            PushClient bob = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
            link.refuse();
            link.cut();
            cluster.disconnect(new Disconnect("alice", null, 4102, "out", List.of()));
            forget(cluster, new Keys(cluster.redis().prefix()).control());
            cluster.site()
                    .answer(request ->
                            "alice".equals(request.login()) ? TestSite.Answer.of(401) : TestSite.byLogin(request));
            cluster.publish(ALICE, "not for her any more", "1");
            cluster.publish(Channel.user("bob"), "for him", "1");
            link.resume();
            alice.expectClose(4102);
            bob.expectEvent("for him");
            assertThat(cluster.site().requests("bob")).hasSize(2);
        }
    }

    @Test
    void aGatewayThatStoodStillLearnsFirstWhoWasPutOut() {
        try (Cluster cluster = Cluster.on(server, link.port(), 1);
                GatewayProcess gateway = GatewayProcess.start(cluster.settings())) {
            PushClient alice = cluster.track(PushClient.connect(
                            cluster.vertx(),
                            PushTransport.RAW_WEBSOCKET,
                            "http://127.0.0.1:" + gateway.port(),
                            login("alice"))
                    .awaitOpen());
            alice.send("{\"type\":\"hello\"}").expectWelcome();
            gateway.pause();
            // Its lease ends: it has stood still for longer than it takes to notice.
            Await.until(
                    "nobody is there any more", () -> !cluster.presence("alice").online());
            cluster.publish(ALICE, "not for her any more", "1");
            cluster.disconnect(new Disconnect("alice", null, 4103, "out", List.of()));
            gateway.resume();
            alice.expectClose(4103);
        }
    }

    private void forget(Cluster cluster, String key) {
        Redis admin = Redis.createClient(cluster.vertx(), server.url());
        Cluster.await(admin.send(Request.cmd(Command.DEL).arg(key)));
        Cluster.await(admin.close());
    }
}
