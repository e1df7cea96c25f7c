package fanfare.deploy.dev;

import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the launcher prints once everything is ready. */
final class Summary {
    private Summary() {}

    static String of(DevOptions options, Path logs) {
        Ports ports = options.ports();
        String gateways = IntStream.rangeClosed(1, options.gateways())
                .mapToObj(number -> Integer.toString(ports.gateway(number)))
                .collect(Collectors.joining(", "));
        return """

                Fanfare is up.

                  Open       http://localhost:%d/

                  Publish    curl http://localhost:%d/v1/publish \\
                               -H 'Authorization: Bearer dev.secret' -H 'Content-Type: application/json' \\
                               -d '{"to":{"user":"alice"},"namespace":"/message_namespace","event":"message_event_type","data":{"text":"Hello, Alice"}}'

                  Balancer   http://localhost:%d/push, in front of gateways on %s
                  Logs       %s

                Ctrl-C stops it all."""
                .formatted(ports.site(), ports.publisher(), ports.balancer(), gateways, logs);
    }
}
