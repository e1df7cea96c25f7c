package fanfare.tls;

import fanfare.check.Report;
import fanfare.config.ConfigException;
import fanfare.file.FileWatch;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a process' public port: a certificate that is exchanged when its files change, while connections stay as they are.
 * Off if no certificate is set; safe on any thread.
 */
public final class ServerTls implements FileWatch.Content {
    private static final System.Logger LOG = System.getLogger(ServerTls.class.getName());
    private static final String THINGS = "TLS certificates";

    private final Vertx vertx;
    private final TlsConfig config;
    private final InstantSource clock;
    /** Those that listen, one for each event loop. */
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    /** Replaced as a whole; null until the files have been read. */
    private volatile @Nullable Identity identity;

    public ServerTls(Vertx vertx, TlsConfig config, InstantSource clock) {
        this.vertx = vertx;
        this.config = config;
        this.clock = clock;
    }

    /**
     * Reads the files, then keeps watching them; does nothing if TLS is off.
     *
     * @return fails with {@link ConfigException} if they cannot be used
     */
    public Future<Void> start(MeterRegistry metrics) {
        if (!config.isOn()) {
            return Future.succeededFuture();
        }
        Gauge.builder("fanfare_tls_certificate_expiry_seconds", this, ServerTls::expirySeconds)
                .description("when the TLS certificate in force is no longer valid, in Unix time")
                .register(metrics);
        return new FileWatch(vertx, config.files(), THINGS, "tls_certificates", this, metrics)
                .start()
                .recover(failure -> Future.failedFuture(new ConfigException(List.of(mistake(failure)))));
    }

    /** Reports whether a start could use the files; nothing if TLS is off. Never fails. */
    public static Future<Void> check(Vertx vertx, TlsConfig config, InstantSource clock, Report report) {
        if (!config.isOn()) {
            return Future.succeededFuture();
        }
        ServerTls tried = new ServerTls(vertx, config, clock);
        return FileWatch.read(vertx, config.files())
                .map(pem -> Identity.parse(vertx, pem, clock))
                .onSuccess(usable -> report.ok(TlsConfig.CERTIFICATE_FILE, "a certificate until " + usable.expiry()))
                .otherwise(failure -> {
                    report.mistake(tried.mistake(failure));
                    return null;
                })
                .mapEmpty();
    }

    /** Has a server that is made with these options speak TLS, if it is on. */
    public HttpServerOptions secure(HttpServerOptions options) {
        Identity current = identity;
        return current == null
                ? options
                : options.setSsl(true)
                        // HTTP/2 would put many requests on a connection, of which its guard knows one.
                        .setUseAlpn(false)
                        .setKeyCertOptions(current.pem());
    }

    /** Has a server that listens show the next certificates, too. */
    public void keep(HttpServer listening) {
        if (config.isOn()) {
            servers.add(listening);
        }
    }

    @Override
    public void replace(String pem) {
        Identity next = Identity.parse(vertx, pem, clock);
        identity = next;
        for (HttpServer server : servers) {
            server.updateSSLOptions(new ServerSSLOptions().setUseAlpn(false).setKeyCertOptions(next.pem()))
                    .onFailure(failure -> LOG.log(
                            System.Logger.Level.ERROR, "a listener goes on with its old TLS certificate", failure));
        }
    }

    @Override
    public int size() {
        Identity current = identity;
        return current == null ? 0 : current.chain().size();
    }

    private double expirySeconds() {
        Identity current = identity;
        return current == null ? Double.NaN : current.expiry().getEpochSecond();
    }

    private String mistake(Throwable failure) {
        return "%s is '%s', with the key in '%s': %s"
                .formatted(
                        TlsConfig.CERTIFICATE_FILE, config.certificateFile(), config.keyFile(), failure.getMessage());
    }
}
