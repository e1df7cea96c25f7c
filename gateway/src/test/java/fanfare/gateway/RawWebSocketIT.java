package fanfare.gateway;

import static fanfare.testing.TestSite.login;

import fanfare.channel.Channel;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import org.junit.jupiter.api.Test;

class RawWebSocketIT extends TransportContract {
    RawWebSocketIT() {
        super(PushTransport.RAW_WEBSOCKET);
    }

    @Test
    void namespacesInTheAddressCountAsTheHello() {
        PushClient client = connect("?namespaces=/a,%2Fb%20c");
        client.expectWelcome();
        client.hello("/d").ping();
        for (String namespace : new String[] {"/d", "/a", "/b", "/b c"}) {
            cluster.publish(Channel.user("alice"), Cluster.publication(namespace, "in " + namespace, "1"));
        }
        client.expectEvent("in /a");
        client.expectEvent("in /b c");
    }

    @Test
    void aTokenOfAnotherTimeIsServedAllTheSame() {
        PushClient client = connect("?resume=garbage");
        if (!Boolean.FALSE.equals(client.expectWelcome().json().getBoolean("recovered"))) {
            throw new AssertionError("garbage was taken for a token");
        }
        cluster.publish(Channel.user("alice"), "private", "1");
        client.expectEvent("private");
    }

    private PushClient connect(String query) {
        return cluster.track(PushClient.connectRaw(cluster.vertx(), cluster.uri(0), query, login("alice")));
    }
}
