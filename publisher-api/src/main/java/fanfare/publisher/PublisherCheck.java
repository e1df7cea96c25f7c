package fanfare.publisher;

import fanfare.broker.Durability;
import fanfare.check.CheckConfig;
import fanfare.check.Report;
import fanfare.publisher.auth.KeyFileCheck;
import fanfare.redis.RedisCheck;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** What a publisher needs beyond its settings. */
final class PublisherCheck implements CheckConfig.Needs<PublisherConfig> {
    @Override
    public Future<Void> check(Vertx vertx, PublisherConfig config, Report report) {
        CheckConfig.port(config.listenHost(), config.listenPort(), "FANFARE_LISTEN_PORT", report);
        CheckConfig.port(config.listenHost(), config.managementPort(), "FANFARE_MANAGEMENT_PORT", report);
        String keysFile = config.keysFile();
        Future<Void> keys = keysFile == null ? Future.succeededFuture() : KeyFileCheck.run(vertx, keysFile, report);
        return keys.compose(
                read -> RedisCheck.run(vertx, config.redis(), config.durability() == Durability.REPLICATED, report));
    }
}
