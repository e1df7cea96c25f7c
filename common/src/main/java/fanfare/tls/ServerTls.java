package fanfare.tls;

import fanfare.check.Report;
import fanfare.config.ConfigException;
import fanfare.file.FileWatch;
import fanfare.file.UnusableFileException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
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
    /** Between two looks at the files. */
    private final Duration period;
    /** Those that listen, one for each event loop. */
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    /** What listeners are to show: replaced before they are told of it. Null until the files have been read. */
    private volatile @Nullable Identity wanted;
    /** What all of them show; null until the files have been read. */
    private volatile @Nullable Identity shown;

    public ServerTls(Vertx vertx, TlsConfig config, InstantSource clock) {
        this(vertx, config, clock, FileWatch.PERIOD);
    }

    ServerTls(Vertx vertx, TlsConfig config, InstantSource clock, Duration period) {
        this.vertx = vertx;
        this.config = config;
        this.clock = clock;
        this.period = period;
    }

    /**
     * Reads the files, then keeps watching them; does nothing if TLS is off. A certificate that is out of date is shown all
     * the same if there is no other: those that run already go on with theirs when it expires, and one that does not start
     * serves nobody at all.
     *
     * @return fails with {@link ConfigException} if they cannot be used
     */
    public Future<Void> start(MeterRegistry metrics) {
        if (!config.isOn()) {
            return Future.succeededFuture();
        }
        Gauge.builder("fanfare_tls_certificate_start_seconds", this, tls -> tls.shownSeconds(Identity::start))
                .description("from when on the TLS certificate in force is valid, in Unix time")
                .register(metrics);
        Gauge.builder("fanfare_tls_certificate_expiry_seconds", this, tls -> tls.shownSeconds(Identity::expiry))
                .description("when the TLS certificate in force is no longer valid, in Unix time")
                .register(metrics);
        return new FileWatch(vertx, config.files(), THINGS, "tls_certificates", this, period, metrics)
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
                .map(pem -> Identity.parse(vertx, pem))
                .onSuccess(usable -> {
                    if (usable.isValidAt(clock.instant())) {
                        report.ok(TlsConfig.CERTIFICATE_FILE, "a certificate until " + usable.expiry());
                    } else {
                        report.error(TlsConfig.CERTIFICATE_FILE, usable.validity() + "; renew it");
                    }
                })
                .otherwise(failure -> {
                    report.mistake(tried.mistake(failure));
                    return null;
                })
                .mapEmpty();
    }

    /**
     * Has a server speak TLS, if it is on, and show the next certificates, too.
     *
     * @param start makes the server with the options that it is given, and has it listen
     */
    public Future<HttpServer> listen(HttpServerOptions options, Function<HttpServerOptions, Future<HttpServer>> start) {
        Identity first = wanted;
        if (first == null) {
            return start.apply(options);
        }
        // HTTP/2 would put many requests on a connection, of which its guard knows one.
        options.setSsl(true).setUseAlpn(false).setKeyCertOptions(first.pem());
        return start.apply(options).compose(listening -> {
            // In this order: whoever wants another one from now on finds this server, too.
            servers.add(listening);
            Identity latest = wanted;
            return latest == null || latest.equals(first)
                    ? Future.succeededFuture(listening)
                    : show(listening, latest).map(listening);
        });
    }

    @Override
    public Future<Void> replace(String pem) {
        Identity next = Identity.parse(vertx, pem);
        if (!next.isValidAt(clock.instant())) {
            if (shown != null) {
                throw new UnusableFileException(next.validity());
            }
            LOG.log(System.Logger.Level.ERROR, "browsers will refuse what they are shown: {0}", next.validity());
        }
        wanted = next;
        return Future.join(servers.stream().map(server -> show(server, next)).toList())
                .onSuccess(taken -> shown = next)
                .mapEmpty();
    }

    private static Future<Boolean> show(HttpServer server, Identity identity) {
        return Future.succeededFuture(new ServerSSLOptions().setUseAlpn(false).setKeyCertOptions(identity.pem()))
                .compose(server::updateSSLOptions)
                .recover(failure ->
                        Future.failedFuture(new UnusableFileException("a listener does not take them: " + failure)));
    }

    @Override
    public int size() {
        Identity current = shown;
        return current == null ? 0 : current.chain().size();
    }

    private double shownSeconds(Function<Identity, Instant> moment) {
        Identity current = shown;
        return current == null ? Double.NaN : moment.apply(current).getEpochSecond();
    }

    private String mistake(Throwable failure) {
        return "%s is '%s', with the key in '%s': %s"
                .formatted(
                        TlsConfig.CERTIFICATE_FILE, config.certificateFile(), config.keyFile(), failure.getMessage());
    }
}
