package fanfare.gateway;

import static fanfare.gateway.ProxyHead.LOCAL;
import static fanfare.gateway.ProxyHead.PROXY;
import static fanfare.gateway.ProxyHead.TCP4;
import static fanfare.gateway.ProxyHead.TCP6;
import static fanfare.gateway.ProxyHead.UDP4;
import static fanfare.gateway.ProxyHead.UNIX_LENGTH;
import static fanfare.gateway.ProxyHead.UNIX_STREAM;
import static fanfare.gateway.ProxyHead.UNSPECIFIED;
import static fanfare.gateway.ProxyHead.addresses;
import static fanfare.gateway.ProxyHead.tlv;
import static fanfare.gateway.ProxyHead.v1;
import static fanfare.gateway.ProxyHead.v2;
import static fanfare.testing.TestSite.login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A browser's address as a trusted proxy announces it ahead of a connection, and what anybody else gets for trying. */
class ProxyProtocolIT {
    private static final String BROWSER = "203.0.113.9";
    private static final String BROWSER_6 = "2001:db8::9";
    private static final String PROXY_ADDRESS = "127.0.0.1";
    private static final String STRANGER = "127.0.0.2";
    private static final int V2_LENGTH_MAX = 65_535;
    /** More than the time that a head may take, with room for a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Cluster cluster;
    private static int port;

    /** A login of this test's own. */
    private String login;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(
                1,
                Map.of("FANFARE_PROXY_PROTOCOL", "on", "FANFARE_TRUSTED_PROXIES", PROXY_ADDRESS + ", 198.51.100.0/24"));
        port = cluster.port(0);
    }

    @BeforeEach
    void name(TestInfo test) {
        login = "user~" + test.getTestMethod().orElseThrow().getName() + "-"
                + Integer.toHexString(test.getDisplayName().hashCode());
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    static Stream<Arguments> headsWithAddress() {
        Buffer tlvs =
                tlv(0x02, "push.example".getBytes(StandardCharsets.US_ASCII)).appendBuffer(tlv(0xee, (byte) 1));
        Buffer padding = tlv(0x04, new byte[V2_LENGTH_MAX - addresses(BROWSER).length() - 3]);
        return Stream.of(
                arguments(v1("TCP4 203.0.113.9 127.0.0.1 50000 443"), BROWSER),
                arguments(v1("TCP6 2001:db8::9 ::1 50000 443"), BROWSER_6),
                arguments(v2(BROWSER), BROWSER),
                arguments(v2(BROWSER_6), BROWSER_6),
                arguments(v2(PROXY, TCP6, addresses(BROWSER_6).appendBuffer(tlvs)), BROWSER_6),
                arguments(v2(PROXY, TCP4, addresses(BROWSER).appendBuffer(padding)), BROWSER));
    }

    @ParameterizedTest
    @MethodSource("headsWithAddress")
    void theSiteIsShownTheAnnouncedAddress(Buffer head, String address) {
        assertThat(told(head)).isEqualTo(address);
    }

    static Stream<Buffer> headsWithoutAddress() {
        return Stream.of(
                v1("UNKNOWN"),
                v1("UNKNOWN ffff::1 ffff::2 1 2"),
                v2(LOCAL, UNSPECIFIED, Buffer.buffer()),
                v2(LOCAL, TCP4, addresses(BROWSER)),
                v2(PROXY, UNSPECIFIED, Buffer.buffer()),
                v2(PROXY, UNIX_STREAM, Buffer.buffer(new byte[UNIX_LENGTH])),
                v2(
                        PROXY,
                        UNIX_STREAM,
                        Buffer.buffer("/run/front.sock")
                                .appendBytes(new byte[UNIX_LENGTH - "/run/front.sock".length()])));
    }

    @ParameterizedTest
    @MethodSource("headsWithoutAddress")
    void aHeadWithoutAddressLeavesItAtTheProxys(Buffer head) {
        assertThat(told(head)).isEqualTo(PROXY_ADDRESS);
    }

    @ParameterizedTest
    @MethodSource("headsWithoutAddress")
    void aProxyThatAnnouncesNothingMayForwardAnAddress(Buffer head) {
        assertThat(told(head, "X-Forwarded-For: 6.6.6.6, " + BROWSER)).isEqualTo(BROWSER);
    }

    @Test
    void aBrowserThatIsAnnouncedCannotForwardAnAddress() {
        assertThat(told(v2(BROWSER), "X-Forwarded-For: 6.6.6.6")).isEqualTo(BROWSER);
    }

    @Test
    void aTrustedProxyThatIsAnnouncedMayForwardAnAddress() {
        assertThat(told(v2("198.51.100.1"), "X-Forwarded-For: 6.6.6.6, " + BROWSER))
                .isEqualTo(BROWSER);
    }

    @Test
    void aHeadMayComeByteByByte() {
        RawSession session = RawSession.of(port, login);
        try (RawHttp http = RawHttp.to(port)) {
            for (byte b : v2(BROWSER).getBytes()) {
                http.send(new byte[] {b});
            }
            http.request("POST", session.path("xhr"), "", "Cookie: site_session=" + login);
            assertThat(http.answer().body()).isEqualTo("o\n");
        }
        assertThat(told()).isEqualTo(BROWSER);
    }

    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void aSessionGoesThrough(PushTransport transport) {
        try (AnnouncingProxy proxy = AnnouncingProxy.to(cluster.vertx(), port, v2(BROWSER_6))) {
            PushClient client =
                    cluster.track(PushClient.connect(cluster.vertx(), transport, proxy.uri(), login(login)));
            client.awaitOpen().hello(Cluster.NAMESPACE).expectWelcome();
            cluster.publish(Channel.user("user"), "well", "1");
            client.expectEvent("well");
            assertThat(told()).isEqualTo(BROWSER_6);
            client.close();
        }
    }

    static Stream<Buffer> unreadableHeads() {
        return Stream.of(
                Buffer.buffer("GET /push/info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
                v1("TCP4 localhost 127.0.0.1 50000 443"),
                v1("TCP4 203.0.113.9 127.0.0.1 50000 65536"),
                v1("TCP4 2001:db8::9 ::1 50000 443"),
                v1("TCP4 203.0.113.9"),
                v1("TCP5 203.0.113.9 127.0.0.1 50000 443"),
                v1("UNKNOWN " + "x".repeat(200)),
                Buffer.buffer("PROXY TCP4 " + "1".repeat(200)),
                v2(0x31, TCP4, addresses(BROWSER)),
                v2(0x22, TCP4, addresses(BROWSER)),
                v2(PROXY, 0x41, addresses(BROWSER)),
                v2(PROXY, TCP6, addresses(BROWSER)),
                v2(PROXY, TCP4, Buffer.buffer(new byte[4])));
    }

    @ParameterizedTest
    @MethodSource("unreadableHeads")
    void aHeadThatCannotBeReadEndsTheConnection(Buffer head) {
        double before = refusals("head");
        try (RawHttp http = RawHttp.to(port)) {
            assertThat(http.send(head.getBytes()).rest()).isEmpty();
        }
        Await.until("it is counted", () -> refusals("head") == before + 1);
        Await.until("it is logged", () -> logged("did not begin with a head of the PROXY protocol") > 0);
    }

    @Test
    void aHeadOfAnotherTransportEndsTheConnection() {
        try (RawHttp http = RawHttp.to(port)) {
            assertThat(http.send(v2(PROXY, UDP4, addresses(BROWSER)).getBytes()).rest())
                    .isEmpty();
        }
    }

    @Test
    void aHeadThatDoesNotArriveEndsTheConnection() {
        Buffer brokenTlv = Buffer.buffer().appendByte((byte) 4).appendUnsignedShort(9_999);
        try (RawHttp trickle = RawHttp.to(port).send("PROXY TCP4 ");
                RawHttp silent = RawHttp.to(port);
                RawHttp line = RawHttp.to(port).send("PROXY TCP4 203.0.113.9 127");
                RawHttp signature = RawHttp.to(port).send("\r\n\r\n");
                RawHttp addresses = RawHttp.to(port)
                        .send(ProxyHead.begun(PROXY, TCP4, 12)
                                .appendByte((byte) 1)
                                .getBytes());
                RawHttp tlv = RawHttp.to(port)
                        .send(v2(PROXY, TCP4, addresses(BROWSER).appendBuffer(brokenTlv))
                                .getBytes())) {
            for (int sent = 0; !trickle.endsWithin(Duration.ofSeconds(1)); sent++) {
                assertThat(sent).isLessThan((int) PATIENCE.toSeconds());
                trickle.send("1");
            }
            for (RawHttp http : List.of(silent, line, signature, addresses, tlv)) {
                assertThat(http.endsWithin(PATIENCE)).isTrue();
            }
        }
    }

    @Test
    void aStrangerCannotAnnounceAnything() {
        double before = refusals("peer");
        byte[] request = ("POST " + RawSession.of(port, login).path("xhr") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        + "Cookie: site_session=" + login + "\r\nContent-Length: 0\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        List<Buffer> heads = Stream.concat(
                        Stream.of(v1("TCP4 203.0.113.9 127.0.0.1 50000 443"), v2(BROWSER)), headsWithoutAddress())
                .toList();
        for (Buffer head : heads) {
            try (RawHttp http = RawHttp.from(STRANGER, port)) {
                // Both at once, so that the request is there by the time that the head is refused.
                assertThat(http.send(head.copy().appendBytes(request).getBytes())
                                .rest())
                        .isEmpty();
            }
        }
        assertThat(refusals("peer")).isEqualTo(before + heads.size());
        assertThat(logged("A connection from " + STRANGER + " was closed")).isEqualTo(1);
        // Had a request of the stranger's been served, the site had been asked about it before this one.
        login += "-later";
        assertThat(told(v2(BROWSER))).isEqualTo(BROWSER);
        assertThat(cluster.site().requests(login.replace("-later", ""))).isEmpty();
    }

    @Test
    void theManagementPortStaysPlain() {
        assertThat(RawHttp.get(cluster.managementPort(0), "/livez").status()).isEqualTo(200);
    }

    @Test
    void withoutTheSettingAHeadIsNoRequest() {
        try (Cluster plain = Cluster.of(1, Map.of("FANFARE_TRUSTED_PROXIES", PROXY_ADDRESS))) {
            for (Buffer head : List.of(v1("TCP4 203.0.113.9 127.0.0.1 50000 443"), v2(BROWSER))) {
                try (RawHttp http = RawHttp.to(plain.port(0))) {
                    http.send(head.getBytes()).request("GET", "/push/info", "");
                    assertThat(http.head().status()).isEqualTo(400);
                }
            }
            assertThat(refusals(plain, "head")).isZero();
        }
    }

    /** Opens a session behind this head; returns the address that the site was shown. */
    private String told(Buffer head, String... headers) {
        String[] all = Stream.concat(Stream.of("Cookie: site_session=" + login), Stream.of(headers))
                .toArray(String[]::new);
        try (RawHttp http = RawHttp.to(port).send(head.getBytes())) {
            http.request("POST", RawSession.of(port, login).path("xhr"), "", all);
            assertThat(http.answer().body()).isEqualTo("o\n");
        }
        return told();
    }

    private String told() {
        Await.until("the site is asked", () -> !cluster.site().requests(login).isEmpty());
        List<String> told = cluster.site().requests(login).stream()
                .map(request -> request.header("x-forwarded-for"))
                .distinct()
                .toList();
        assertThat(told).hasSize(1);
        return told.get(0);
    }

    private static double refusals(String reason) {
        return refusals(cluster, reason);
    }

    private static double refusals(Cluster cluster, String reason) {
        return RawHttp.get(cluster.managementPort(0), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("fanfare_proxy_refusals_total{reason=\"" + reason + "\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static long logged(String words) {
        return cluster.log().records().stream()
                .filter(entry -> entry.getMessage().contains(words))
                .count();
    }
}
