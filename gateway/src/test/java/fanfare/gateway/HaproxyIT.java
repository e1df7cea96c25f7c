package fanfare.gateway;

import fanfare.testing.Await;
import fanfare.testing.BalancerProcess;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** HAProxy, which announces browsers by the PROXY protocol, and nobody when it looks after the gateway's health. */
class HaproxyIT extends BalancerContract {
    private final int statisticsPort = RedisServer.freePort();

    @Override
    Map<String, String> settings() {
        return Map.of("FANFARE_PROXY_PROTOCOL", "on");
    }

    @Override
    BalancerProcess start(int port, List<Integer> gatewayPorts) {
        String servers = gatewayPorts.stream()
                .map(gateway ->
                        "  server gateway-%1$d 127.0.0.1:%1$d send-proxy-v2 check inter 200ms".formatted(gateway))
                .collect(Collectors.joining("\n"));
        String backend =
                """
                  balance roundrobin
                  source %s
                  option httpchk GET /push/info
                %s
                """
                        .formatted(PROXY, servers);
        return BalancerProcess.haproxy(folder, port, statisticsPort, backend);
    }

    @Test
    void theGatewayIsHealthy() {
        Await.until(
                "a check has succeeded",
                () -> RawHttp.get(statisticsPort, "/;csv").body().contains(",L7OK,200,"));
    }
}
