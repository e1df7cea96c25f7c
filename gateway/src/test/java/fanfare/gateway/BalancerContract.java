package fanfare.gateway;

import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.BalancerProcess;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes through a real balancer that knows of no sessions, and whose address the site is shown then. */
abstract class BalancerContract {
    /** The balancer's side towards the gateway; what browsers here come from is another address. */
    static final String PROXY = "127.0.0.5";

    private static final int GATEWAYS = 2;
    private static final String BROWSER = "127.0.0.1";

    private final int port = RedisServer.freePort();

    @TempDir
    Path folder;

    Cluster cluster;
    private @Nullable BalancerProcess balancer;

    abstract Map<String, String> settings();

    /** Starts a balancer that listens on {@code port} and reaches the gateways in turn, from {@link #PROXY}. */
    abstract BalancerProcess start(int port, List<Integer> gatewayPorts);

    @BeforeEach
    void start() {
        Map<String, String> settings = new HashMap<>(settings());
        settings.put("FANFARE_TRUSTED_PROXIES", PROXY);
        cluster = Cluster.of(GATEWAYS, settings);
        balancer =
                start(port, IntStream.range(0, GATEWAYS).mapToObj(cluster::port).toList());
    }

    @AfterEach
    void stop() {
        try {
            cluster.close();
        } finally {
            if (balancer != null) { // It is where a test is skipped.
                balancer.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void aSessionGoesThrough(PushTransport transport) {
        Map<String, String> headers = new HashMap<>(login("alice"));
        headers.put("X-Forwarded-For", "6.6.6.6");
        PushClient client =
                cluster.track(PushClient.connect(cluster.vertx(), transport, "http://127.0.0.1:" + port, headers));
        client.awaitOpen().hello(Cluster.NAMESPACE).expectWelcome();
        cluster.publish(Channel.user("alice"), "well", "1");
        client.expectEvent("well");
        client.ping();
        assertThat(told("alice")).containsExactly(BROWSER);
        Await.until("alice is online", () -> cluster.presence("alice").connections() == 1);
        client.close();
        Await.until(
                "the gateway notices that the browser has gone",
                () -> cluster.presence("alice").connections() == 0);
    }

    @Test
    void browsersAreToldApart() {
        List<String> browsers = List.of("127.0.0.3", "127.0.0.4");
        // In turns, so that a connection to the gateway that is used again would be found out.
        for (int turn = 0; turn < 5; turn++) {
            for (String browser : browsers) {
                try (RawHttp http = RawHttp.from(browser, port)) {
                    String login = browser + "~" + turn;
                    http.request("POST", RawSession.of(port, login).path("xhr"), "", "Cookie: site_session=" + login);
                    assertThat(http.answer().body()).isEqualTo("o\n");
                    assertThat(told(login)).containsExactly(browser);
                }
            }
        }
    }

    /** The addresses that the site was shown with a login. */
    private List<String> told(String login) {
        Await.until("the site is asked", () -> !cluster.site().requests(login).isEmpty());
        return cluster.site().requests(login).stream()
                .map(request -> request.header("x-forwarded-for"))
                .distinct()
                .toList();
    }
}
