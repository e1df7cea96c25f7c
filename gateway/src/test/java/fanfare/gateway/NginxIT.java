package fanfare.gateway;

import java.util.Map;

/** nginx, which tells of a browser in {@code X-Forwarded-For}, behind whatever the browser said there itself. */
class NginxIT extends BalancerContract {
    @Override
    Map<String, String> settings() {
        return Map.of();
    }

    @Override
    BalancerProcess start(int port, int gatewayPort) {
        String configuration =
                """
                map $http_upgrade $connection_header {
                  default upgrade;
                  '' '';
                }
                server {
                  listen 127.0.0.1:%d;
                  location / {
                    proxy_pass http://127.0.0.1:%d;
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
        return BalancerProcess.nginx(folder, port, configuration.formatted(port, gatewayPort, PROXY));
    }
}
