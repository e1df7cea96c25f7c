package fanfare.publisher;

import fanfare.broker.BrokerLimits;
import fanfare.check.CheckConfig;
import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.file.FileWatch;
import fanfare.http.Health;
import fanfare.http.Management;
import fanfare.process.Bugs;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import fanfare.publisher.auth.KeyFileException;
import fanfare.publisher.auth.Keyring;
import fanfare.publisher.auth.NewKey;
import fanfare.publisher.json.BodyRoom;
import fanfare.publisher.webhook.Secrets;
import fanfare.publisher.webhook.WebhookConfig;
import fanfare.publisher.webhook.WebhookLimits;
import fanfare.publisher.webhook.WebhookVerticle;
import fanfare.redis.Keys;
import fanfare.redis.Shards;
import fanfare.tls.ServerTls;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Route;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The publisher's process: takes publications from site backends over HTTP and writes them to Redis. */
public final class Publisher {
    private static final System.Logger LOG = System.getLogger(Publisher.class.getName());
    /** Longer than the requests under way are given, so that this never cuts them off [s]. */
    private static final int STOP_S_MAX = 15;
    /** How long callers in the midst of work are given to learn of a stop by an answer [ms]. */
    private static final int LAST_CALL_MS = 2_000;

    static final String KEYS_FILE = "FANFARE_KEYS_FILE";
    private static final int EXIT_MISUSED = 2;
    private static final String HELP =
            """
            java -jar publisher-api.jar
                serves the API; all settings come from FANFARE_* environment variables, see the README
            java -jar publisher-api.jar new-key [keyId [permission,...[,rate=N[/BURST]]]]
                prints a new API key and its line for FANFARE_KEYS_FILE
            java -jar publisher-api.jar new-webhook-secret
                prints a line for FANFARE_WEBHOOK_SECRET_FILE, which the site needs too
            java -jar publisher-api.jar check-config
            """
                    + CheckConfig.HELP
                    + """
            java -jar publisher-api.jar --help
                prints this
            """;

    private final PublisherConfig config;
    private final Keyring keys;
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Health health = new Health();
    private final Vertx vertx;
    private final Shards shards;
    private final ServerTls tls;
    private final List<PublisherVerticle> verticles = new ArrayList<>();
    private final LastCall lastCall = new LastCall();
    /** Null until started; written by an event loop before whoever waits for the start goes on. */
    private volatile @Nullable HttpServer management;

    /** A publisher with {@code loops} event loops, not started. */
    Publisher(PublisherConfig config, int loops, Duration bodyMax, Supplier<String> ids) {
        this.config = config;
        this.keys = Keyring.of(config.devKey());
        this.vertx = Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(true)
                .setEventLoopPoolSize(loops)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        new Bugs(metrics).watch(vertx);
        this.shards = Shards.of(vertx, config.redis());
        this.tls = new ServerTls(vertx, config.tls(), InstantSource.system());
        BrokerLimits limits = config.limits().shared(loops);
        BodyRoom bodies = new BodyRoom(config.bodyBytesPendingMax(), metrics);
        for (int number = 0; number < loops; number++) {
            verticles.add(new PublisherVerticle(
                    config, shards, tls, limits, bodyMax, bodies, keys, lastCall, ids, metrics, number));
        }
        health.readiness(
                "redis",
                () -> verticles.stream().allMatch(PublisherVerticle::isUp)
                        ? new Health.Check(true, "connected")
                        : new Health.Check(false, "not connected; publications are tried again for 5 s"));
        health.readiness(
                "serving",
                () -> lastCall.isMade()
                        ? new Health.Check(false, "stopping")
                        : new Health.Check(true, "accepting requests"));
    }

    /**
     * Starts serving, whether Redis is there or not.
     *
     * @return fails with {@link ConfigException} if a port, the key file or the certificate cannot be used
     */
    Future<Void> start() {
        String keysFile = config.keysFile();
        Future<Void> keysRead =
                keysFile == null ? Future.succeededFuture() : watch(KEYS_FILE, keysFile, "API keys", "keys", keys);
        return keysRead.compose(read -> tls.start(metrics))
                .compose(read -> startWebhooks())
                // Together, since any free port is one only for verticles that are.
                .compose(started -> vertx.deployVerticle(
                        verticles.iterator()::next, new DeploymentOptions().setInstances(verticles.size())))
                .compose(deployed -> Management.listen(
                                vertx, config.listenHost(), config.managementPort(), health, metrics)
                        .recover(failure -> Future.failedFuture(StartFailure.of(
                                config.listenHost(), config.managementPort(), "FANFARE_MANAGEMENT_PORT", failure))))
                .onSuccess(listening -> management = listening)
                .mapEmpty();
    }

    /** The port of the API, once this has started. */
    int port() {
        return verticles.get(0).port();
    }

    /** The port of health and metrics, once this has started. */
    int managementPort() {
        HttpServer listening = management;
        return listening == null ? 0 : listening.actualPort();
    }

    /** What every event loop serves. */
    List<Route> routes() {
        return verticles.get(0).routes();
    }

    private Future<Void> startWebhooks() {
        WebhookConfig webhooks = config.webhooks();
        if (webhooks == null) {
            return Future.succeededFuture();
        }
        Secrets secrets = new Secrets();
        return watch(WebhookConfig.SECRET_FILE, webhooks.secretFile(), "webhook secrets", "webhook_secrets", secrets)
                .compose(read -> vertx.deployVerticle(new WebhookVerticle(
                        webhooks,
                        WebhookLimits.defaults(),
                        shards,
                        new Keys(config.redis().prefix()),
                        secrets,
                        metrics)))
                .mapEmpty();
    }

    private Future<Void> watch(String setting, String path, String things, String metric, FileWatch.Content content) {
        return new FileWatch(vertx, List.of(path), things, metric, content, FileWatch.PERIOD, metrics)
                .start()
                .recover(failure -> Future.failedFuture(
                        new ConfigException(List.of(setting + " is '" + path + "': " + failure.getMessage()))));
    }

    /** Finishes what was accepted, then ends. */
    Future<Void> stop() {
        lastCall.make();
        return Future.join(vertx.deploymentIDs().stream().map(vertx::undeploy).toList())
                .eventually(vertx::close)
                .mapEmpty();
    }

    public static void main(String[] args) {
        String command = args.length == 0 ? "" : args[0];
        switch (command) {
            case "" -> serve(new Env(System.getenv()));
            case "new-webhook-secret" -> System.out.println(Secrets.make(new SecureRandom()));
            case CheckConfig.NAME ->
                System.exit(CheckConfig.run(
                        new Env(System.getenv()), PublisherConfig::from, new PublisherCheck(), System.out));
            case "new-key" -> newKey(Arrays.asList(args).subList(1, args.length));
            case "--help" -> System.out.print(HELP);
            default -> misused("there is no command '" + command + "'\n" + HELP);
        }
    }

    private static void newKey(List<String> args) {
        try {
            System.out.print(NewKey.describe(args, new SecureRandom()));
        } catch (KeyFileException e) {
            misused("new-key: " + e.getMessage());
        }
    }

    private static void serve(Env env) {
        Logging.install(LogFormat.of(new Env(System.getenv())));
        PublisherConfig config;
        try {
            config = PublisherConfig.from(env);
        } catch (ConfigException e) {
            misused(String.valueOf(e.getMessage()));
            return;
        }
        LOG.log(System.Logger.Level.INFO, "settings:{0}", env.table());
        Publisher publisher = new Publisher(
                config, Runtime.getRuntime().availableProcessors(), PublisherVerticle.BODY_MAX, () -> UUID.randomUUID()
                        .toString());
        try {
            await(publisher.start());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ConfigException mistakes) {
                misused(String.valueOf(mistakes.getMessage()));
            }
            LOG.log(System.Logger.Level.ERROR, "the publisher could not start", e.getCause());
            System.exit(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(publisher::end));
        Parent.watch(config.parentPid(), () -> System.exit(0));
        LOG.log(
                System.Logger.Level.INFO,
                "listening on {0}, port {1}; management on port {2}",
                config.listenHost(),
                Integer.toString(publisher.port()),
                Integer.toString(publisher.managementPort()));
    }

    /** What a signal to stop does: the process ends with 0 if everybody was answered. */
    private void end() {
        lastCall.make();
        try {
            Thread.sleep(LAST_CALL_MS);
            await(stop());
            Logging.flush();
            // Else the exit code were that of a death by the signal.
            Runtime.getRuntime().halt(0);
        } catch (ExecutionException e) {
            LOG.log(System.Logger.Level.WARNING, "the publisher did not stop cleanly", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(Future<Void> future) throws ExecutionException {
        try {
            future.toCompletionStage().toCompletableFuture().get(STOP_S_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new ExecutionException("took more than " + STOP_S_MAX + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void misused(String message) {
        Logging.flush();
        System.err.println(message.stripTrailing());
        System.exit(EXIT_MISUSED);
    }
}
