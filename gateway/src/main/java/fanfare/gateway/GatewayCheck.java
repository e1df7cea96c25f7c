package fanfare.gateway;

import fanfare.check.CheckConfig;
import fanfare.check.Report;
import fanfare.gateway.auth.SiteCheck;
import fanfare.redis.RedisCheck;
import fanfare.tls.ServerTls;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;

/** What a gateway needs beyond its settings; the relay's secret has been read with them. */
final class GatewayCheck implements CheckConfig.Needs<GatewayConfig> {
    @Override
    public Future<Void> check(Vertx vertx, GatewayConfig config, Report report) {
        CheckConfig.port(config.listenHost(), config.listenPort(), "FANFARE_LISTEN_PORT", report);
        CheckConfig.port(config.listenHost(), config.managementPort(), "FANFARE_MANAGEMENT_PORT", report);
        if (config.relay().isOn()) {
            CheckConfig.port(config.listenHost(), config.relay().port(), "FANFARE_RELAY_PORT", report);
            report.ok("FANFARE_RELAY_SECRET_FILE", "has a secret");
        } else {
            report.warning("FANFARE_RELAY_SECRET_FILE", Gateway.WITHOUT_RELAY);
        }
        return ServerTls.check(vertx, config.tls(), InstantSource.system(), report)
                .compose(tls -> RedisCheck.run(vertx, config.redis(), false, report))
                .compose(redis -> SiteCheck.run(vertx, config.auth(), report));
    }
}
