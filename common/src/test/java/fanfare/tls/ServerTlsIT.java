package fanfare.tls;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RecordedLog;
import fanfare.testing.TestCertificate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listeners with certificates of this and other times, at a clock that the test sets. */
class ServerTlsIT {
    /** So that a minute's looks are over in a third of a second. */
    private static final Duration PERIOD = Duration.ofMillis(10);

    @TempDir
    static Path made;

    /** Valid today, as clients demand; a test begins with its first day, three days ago. */
    private static TestCertificate first;
    /** Valid two days later, which is since yesterday. */
    private static TestCertificate second;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AtomicReference<Instant> now = new AtomicReference<>();
    private final RecordedLog log = RecordedLog.start();
    private ServerTls tls;

    @BeforeAll
    static void make() {
        first = TestCertificate.make(made, "first", "-startdate", "-3d", "-ext", "SAN=dns:localhost");
        second = TestCertificate.make(made, "second", "-startdate", "-1d", "-ext", "SAN=dns:localhost");
    }

    @BeforeEach
    void putTheFirst() {
        put(first);
        validFromNowOn(first);
        tls = new ServerTls(
                vertx,
                new TlsConfig(
                        folder.resolve("tls.crt").toString(),
                        folder.resolve("tls.key").toString()),
                now::get,
                PERIOD);
    }

    @AfterEach
    void close() throws Exception {
        Await.result(vertx.close());
        log.close();
    }

    @Test
    void aCertificateIsShownOnceItIsValid() throws Exception {
        Await.result(tls.start(metrics));
        HttpServer server = listening();
        put(second);
        Await.until("it is known to be unusable", () -> logged(Level.WARNING) == 1);
        assertThat(isBroken()).isTrue();
        assertThat(first.isShown(server.actualPort())).isTrue();
        assertExpiryOf(first);

        validFromNowOn(second);

        Await.until("it is in use", () -> !isBroken());
        assertThat(second.isShown(server.actualPort())).isTrue();
        assertExpiryOf(second);
        assertThat(logged(Level.WARNING)).as("complaints").isEqualTo(1);
    }

    @Test
    void whatOneListenerDoesNotTakeIsNotInForceAndTriedAgain() throws Exception {
        Await.result(tls.start(metrics));
        HttpServer server = listening();
        // It cannot be told of anything as yet.
        HttpServer deaf =
                Await.result(tls.listen(new HttpServerOptions(), options -> Future.succeededFuture(server(options))));
        validFromNowOn(second);
        put(second);
        Await.until("it is known to be unusable", this::isBroken);
        assertExpiryOf(first);

        Await.result(deaf.listen(0, "127.0.0.1"));

        Await.until("it is in use", () -> !isBroken());
        assertThat(second.isShown(server.actualPort())).isTrue();
        assertThat(second.isShown(deaf.actualPort())).isTrue();
        assertExpiryOf(second);
    }

    @Test
    void whatComesWhileAListenerIsMadeReachesIt() throws Exception {
        Await.result(tls.start(metrics));
        Promise<Void> begin = Promise.promise();
        Future<HttpServer> listening =
                tls.listen(new HttpServerOptions(), options -> begin.future().compose(begun -> listen(options)));
        validFromNowOn(second);
        put(second);
        Await.until("it is in force", () -> expiry() == expiry(second));

        begin.complete();

        assertThat(second.isShown(Await.result(listening).actualPort())).isTrue();
    }

    @Test
    void anExpiredCertificateIsBetterThanNoStart() throws Exception {
        now.set(first.certificate().getNotAfter().toInstant().plus(Duration.ofDays(1)));
        Await.result(tls.start(metrics));
        HttpServer server = listening();
        assertThat(first.isShown(server.actualPort())).isTrue();
        assertExpiryOf(first);
        assertThat(logged(Level.SEVERE)).as("errors").isEqualTo(1);
    }

    @Test
    void soIsOneThatIsNotValidYet() throws Exception {
        Instant valid = first.certificate().getNotBefore().toInstant();
        now.set(valid.minus(Duration.ofDays(1)));
        Await.result(tls.start(metrics));
        HttpServer server = listening();
        assertThat(first.isShown(server.actualPort())).isTrue();
        assertThat(gauge("fanfare_tls_certificate_start_seconds")).isEqualTo((double) valid.getEpochSecond());
        assertThat(logged(Level.SEVERE)).as("errors").isEqualTo(1);
    }

    private HttpServer listening() throws Exception {
        return Await.result(tls.listen(new HttpServerOptions(), this::listen));
    }

    private Future<HttpServer> listen(HttpServerOptions options) {
        return server(options).listen(0, "127.0.0.1");
    }

    private HttpServer server(HttpServerOptions options) {
        return vertx.createHttpServer(options)
                .requestHandler(request -> request.response().end());
    }

    private void validFromNowOn(TestCertificate certificate) {
        now.set(certificate.certificate().getNotBefore().toInstant());
    }

    private void put(TestCertificate certificate) {
        TestCertificate.put(certificate.keyFile(), folder.resolve("tls.key"));
        TestCertificate.put(certificate.certificateFile(), folder.resolve("tls.crt"));
    }

    private boolean isBroken() {
        return gauge("fanfare_tls_certificates_file_broken") == 1;
    }

    private void assertExpiryOf(TestCertificate certificate) {
        assertThat(expiry()).isEqualTo(expiry(certificate));
    }

    private double expiry() {
        return gauge("fanfare_tls_certificate_expiry_seconds");
    }

    private static double expiry(TestCertificate certificate) {
        return certificate.certificate().getNotAfter().toInstant().getEpochSecond();
    }

    private double gauge(String name) {
        return metrics.get(name).gauge().value();
    }

    /** How often a certificate's dates were complained about. */
    private long logged(Level level) {
        return log.records().stream()
                .filter(entry -> entry.getLevel().equals(level) && entry.getParameters() != null)
                .filter(entry -> Arrays.stream(entry.getParameters())
                        .anyMatch(parameter -> parameter.toString().startsWith("the certificate is valid from")))
                .count();
    }
}
