package fanfare.gateway;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** HAProxy, which announces browsers by the PROXY protocol, and nobody when it looks after the gateway's health. */
class HaproxyIT extends BalancerContract {
    private final int statisticsPort = RedisServer.freePort();

    @Override
    Map<String, String> settings() {
        return Map.of("FANFARE_PROXY_PROTOCOL", "on");
    }

    @Override
    BalancerProcess start(int port, int gatewayPort) {
        String configuration =
                """
                defaults
                  mode http
                  option abortonclose
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                  timeout tunnel 1h
                frontend browsers
                  bind 127.0.0.1:%d
                  default_backend gateways
                backend gateways
                  source %s
                  option httpchk GET /push/info
                  server gateway 127.0.0.1:%d send-proxy-v2 check inter 200ms
                frontend statistics
                  bind 127.0.0.1:%d
                  stats enable
                  stats uri /
                """;
        return BalancerProcess.haproxy(folder, port, configuration.formatted(port, PROXY, gatewayPort, statisticsPort));
    }

    @Test
    void theGatewayIsHealthy() {
        Await.until(
                "a check has succeeded",
                () -> RawHttp.get(statisticsPort, "/;csv").body().contains(",L7OK,200,"));
    }
}
