package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.TestCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Browsers over TLS, and certificates that are exchanged under them; the first gateway is on epoll, the second on NIO. */
class TlsIT {
    private static final String COOKIE = "Cookie: site_session=alice";
    private static final Channel ALICE = Channel.user("alice");
    /** As many as make it likely that each event loop has had one. */
    private static final int CONNECTIONS = 20;

    @TempDir
    Path folder;

    private Path certificateFile;
    private Path keyFile;

    @Test
    void connectionsStayWhileTheCertificateIsExchanged() throws IOException {
        TestCertificate first = TestCertificate.make(folder, "first");
        TestCertificate second = TestCertificate.make(folder, "second");
        certificateFile = folder.resolve("tls.crt");
        keyFile = folder.resolve("tls.key");
        TestCertificate.put(first.certificateFile(), certificateFile);
        TestCertificate.put(first.keyFile(), keyFile);
        try (Cluster cluster = Cluster.of(2, settings());
                RawWebSocket epoll = raw(first, cluster.port(0));
                RawWebSocket nio = sockJs(first, cluster.port(1));
                RawHttp stream = streaming(first, cluster.port(0))) {
            cluster.awaitHeard(ALICE, 2);
            cluster.publish(ALICE, "before", "1");
            epoll.next("before");
            nio.next("before");
            upTo(stream, "before");
            expires(cluster, first);

            // Half of a change is none, and no reason to show anything else.
            TestCertificate.put(second.certificateFile(), certificateFile);
            Await.until("the files are known to be unusable", () -> isBroken(cluster, 0) && isBroken(cluster, 1));
            assertThat(first.isShown(cluster.port(0))).isTrue();
            assertThat(cluster.log().records())
                    .anyMatch(line -> line.getParameters() != null
                            && Arrays.asList(line.getParameters()).contains("the key is not that of the certificate"));
            expires(cluster, first);

            TestCertificate.put(second.keyFile(), keyFile);
            for (int gateway = 0; gateway < 2; gateway++) {
                int port = cluster.port(gateway);
                Await.until("the second certificate is shown", () -> second.isShown(port));
                for (int i = 0; i < CONNECTIONS; i++) {
                    assertThat(second.isShown(port)).isTrue();
                }
                assertThat(first.isShown(port)).isFalse();
                assertThat(isBroken(cluster, gateway)).isFalse();
            }
            expires(cluster, second);
            cluster.publish(ALICE, "after", "2");
            epoll.next("after");
            nio.next("after");
            upTo(stream, "after");
        }
    }

    @Test
    void thePublicPortTellsNothingOfManagementAndTheOtherWayRound() throws IOException {
        TestCertificate certificate = TestCertificate.make(folder, "one");
        certificateFile = certificate.certificateFile();
        keyFile = certificate.keyFile();
        try (Cluster cluster = Cluster.of(1, settings())) {
            for (String path : new String[] {"/livez", "/readyz", "/metrics", "/drain"}) {
                try (RawHttp http = certificate.connect(cluster.port(0))) {
                    assertThat(http.request("GET", path, "").answer().status())
                            .as(path)
                            .isEqualTo(404);
                }
            }
            for (String path : new String[] {"/push/info", "/push", "/events", "/client/fanfare.js"}) {
                assertThat(RawHttp.get(cluster.managementPort(0), path).status())
                        .as(path)
                        .isEqualTo(404);
            }
        }
    }

    @Test
    void filesThatCannotBeUsedStopTheStart() {
        TestCertificate first = TestCertificate.make(folder, "first");
        TestCertificate second = TestCertificate.make(folder, "second");
        certificateFile = first.certificateFile();
        keyFile = second.keyFile();
        try (Cluster cluster = Cluster.of(0)) {
            Map<String, String> all = new HashMap<>(cluster.settings());
            all.putAll(settings());
            for (String[] command : new String[][] {{}, {"check-config"}}) {
                try (GatewayProcess process = GatewayProcess.launch(all, 0, command)) {
                    assertThat(process.exitCode()).isEqualTo(2);
                    assertThat(process.output())
                            .contains("FANFARE_TLS_CERTIFICATE_FILE is '" + certificateFile + "', with the key in '"
                                    + keyFile + "': the key is not that of the certificate\n")
                            .doesNotContain("\tat ", "PRIVATE KEY");
                }
            }
        }
    }

    private Map<String, String> settings() {
        return Map.of(
                "FANFARE_TLS_CERTIFICATE_FILE", certificateFile.toString(),
                "FANFARE_TLS_KEY_FILE", keyFile.toString());
    }

    private static RawWebSocket raw(TestCertificate certificate, int port) throws IOException {
        RawWebSocket socket = RawWebSocket.open(certificate.connect(port), "/push/websocket?inbox=false", COOKIE);
        socket.next("welcome");
        return socket;
    }

    private static RawWebSocket sockJs(TestCertificate certificate, int port) throws IOException {
        RawWebSocket socket = RawWebSocket.open(certificate.connect(port), "/push/000/socket/websocket", COOKIE);
        socket.next("welcome");
        return socket;
    }

    private static RawHttp streaming(TestCertificate certificate, int port) throws IOException {
        RawHttp http = certificate.connect(port).request("POST", "/push/000/stream/xhr_streaming", "", COOKIE);
        assertThat(http.head().status()).isEqualTo(200);
        upTo(http, "welcome");
        return http;
    }

    /** Reads chunks of a stream up to one with this. */
    private static void upTo(RawHttp stream, String part) {
        String chunk = stream.chunk();
        while (!chunk.contains(part)) {
            assertThat(chunk).isNotEmpty();
            chunk = stream.chunk();
        }
    }

    private static boolean isBroken(Cluster cluster, int gateway) {
        return cluster.metric(gateway, "fanfare_tls_certificates_file_broken") == 1;
    }

    private static void expires(Cluster cluster, TestCertificate certificate) {
        assertThat(cluster.metric(0, "fanfare_tls_certificate_expiry_seconds")).isEqualTo((double)
                certificate.certificate().getNotAfter().toInstant().getEpochSecond());
    }
}
