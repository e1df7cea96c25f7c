package fanfare.publisher;

import fanfare.broker.Durability;
import fanfare.check.CheckConfig;
import fanfare.check.Report;
import fanfare.file.FileWatch;
import fanfare.publisher.auth.Keyring;
import fanfare.publisher.webhook.Secrets;
import fanfare.publisher.webhook.WebhookConfig;
import fanfare.redis.RedisCheck;
import fanfare.tls.ServerTls;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;

/** What a publisher needs beyond its settings. */
final class PublisherCheck implements CheckConfig.Needs<PublisherConfig> {
    @Override
    public Future<Void> check(Vertx vertx, PublisherConfig config, Report report) {
        CheckConfig.port(config.listenHost(), config.listenPort(), "FANFARE_LISTEN_PORT", report);
        CheckConfig.port(config.listenHost(), config.managementPort(), "FANFARE_MANAGEMENT_PORT", report);
        String keysFile = config.keysFile();
        WebhookConfig webhooks = config.webhooks();
        Future<Void> keys = keysFile == null
                ? Future.succeededFuture()
                : file(vertx, Publisher.KEYS_FILE, keysFile, "key", Keyring.of(null), report);
        Future<Void> secrets = webhooks == null
                ? Future.succeededFuture()
                : file(vertx, WebhookConfig.SECRET_FILE, webhooks.secretFile(), "secret", new Secrets(), report);
        Future<Void> tls = ServerTls.check(vertx, config.tls(), InstantSource.system(), report);
        return Future.all(keys, secrets, tls)
                .compose(read ->
                        RedisCheck.run(vertx, config.redis(), config.durability() == Durability.REPLICATED, report));
    }

    /** Reads a file as a start would, and reports how many things it has, or what is wrong; never fails. */
    private static Future<Void> file(
            Vertx vertx, String setting, String path, String thing, FileWatch.Content content, Report report) {
        return FileWatch.read(vertx, List.of(path))
                .compose(content::replace)
                .map(inForce -> content.size())
                .onSuccess(things -> report.ok(setting, things + " " + thing + (things == 1 ? "" : "s")))
                .otherwise(failure -> {
                    report.mistake(setting + " is '" + path + "': " + failure.getMessage());
                    return 0;
                })
                .mapEmpty();
    }
}
