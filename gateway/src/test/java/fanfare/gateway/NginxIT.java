package fanfare.gateway;

import fanfare.testing.BalancerProcess;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** nginx, which tells of a browser in {@code X-Forwarded-For}, behind whatever the browser said there itself. */
class NginxIT extends BalancerContract {
    @Override
    Map<String, String> settings() {
        return Map.of();
    }

    @Override
    BalancerProcess start(int port, List<Integer> gatewayPorts) {
        String configuration =
                """
                map $http_upgrade $connection_header {
                  default upgrade;
                  '' '';
                }
                upstream gateways {
                %s
                }
                server {
                  listen 127.0.0.1:%d;
                  location / {
                    proxy_pass http://gateways;
                    proxy_bind %s;
                    proxy_http_version 1.1;
                    proxy_buffering off;
                    proxy_read_timeout 1h;
                    proxy_set_header Host $http_host;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_header;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                  }
                }
                """;
        String servers =
                gatewayPorts.stream().map("  server 127.0.0.1:%d;"::formatted).collect(Collectors.joining("\n"));
        return BalancerProcess.nginx(folder, port, configuration.formatted(servers, port, PROXY));
    }
}
