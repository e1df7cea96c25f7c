package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import fanfare.testing.TestCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers over TLS, and a Redis that speaks it. */
class TlsIT {
    @Test
    void publicationsComeAndGoOverTls(@TempDir Path folder) throws IOException {
        TestCertificate own = TestCertificate.make(folder, "own");
        TestCertificate redis = TestCertificate.make(folder, "redis");
        int tlsPort = RedisServer.freePort();
        try (RedisServer server = RedisServer.start(
                        "--tls-port", Integer.toString(tlsPort),
                        "--tls-cert-file", redis.certificateFile().toString(),
                        "--tls-key-file", redis.keyFile().toString(),
                        "--tls-ca-cert-file", redis.certificateFile().toString(),
                        "--tls-auth-clients", "no");
                RunningPublisher publisher = RunningPublisher.start(
                        server.url().replace("redis://", "rediss://").replace(":" + server.port(), ":" + tlsPort),
                        PublisherVerticle.BODY_MAX,
                        Map.of(
                                "FANFARE_TLS_CERTIFICATE_FILE",
                                        own.certificateFile().toString(),
                                "FANFARE_TLS_KEY_FILE", own.keyFile().toString(),
                                "FANFARE_REDIS_CA_FILE", redis.certificateFile().toString()));
                RawHttp caller = own.connect(publisher.port)) {
            RawHttp.Answer answer = caller.request(
                            "POST",
                            "/v1/publish",
                            RunningPublisher.PUBLISH,
                            "Authorization: Bearer " + RunningPublisher.DEV,
                            "Content-Type: application/json")
                    .answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).contains("\"position\":\"");
            assertThat(publisher.metric("fanfare_tls_certificate_expiry_seconds"))
                    .isEqualTo(
                            (double) own.certificate().getNotAfter().toInstant().getEpochSecond());
            // What is for operators is on their port alone, and what is for callers on theirs.
            for (String path : new String[] {"/livez", "/readyz", "/metrics"}) {
                try (RawHttp other = own.connect(publisher.port)) {
                    assertThat(other.request("GET", path, "").answer().status())
                            .as(path)
                            .isEqualTo(404);
                }
                assertThat(RawHttp.get(publisher.managementPort, path).status())
                        .as(path)
                        .isEqualTo(200);
            }
            for (String path : new String[] {"/v1/stats", "/v1/publish", "/v1/openapi.yaml"}) {
                assertThat(RawHttp.get(publisher.managementPort, path).status())
                        .as(path)
                        .isEqualTo(404);
            }
        }
    }
}
