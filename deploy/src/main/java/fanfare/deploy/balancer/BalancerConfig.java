package fanfare.deploy.balancer;

import fanfare.config.Env;
import fanfare.process.Parent;
import java.util.List;

/** What may be set on the balancer. */
record BalancerConfig(String listenHost, int listenPort, int managementPort, List<Backend> backends, int parentPid) {
    static BalancerConfig from(Env env) {
        return env.check(new BalancerConfig(
                env.text("FANFARE_LISTEN_HOST", "127.0.0.1"),
                env.integer("FANFARE_LISTEN_PORT", 8080, 0, 65_535),
                env.integer("FANFARE_MANAGEMENT_PORT", 9080, 0, 65_535),
                backends(env),
                Parent.pid(env)));
    }

    private static List<Backend> backends(Env env) {
        try {
            return env.list("FANFARE_BACKENDS", "127.0.0.1:8081/9081,127.0.0.1:8082/9082").stream()
                    .map(Backend::parse)
                    .toList();
        } catch (IllegalArgumentException e) {
            env.mistake("FANFARE_BACKENDS", String.valueOf(e.getMessage()));
            return List.of();
        }
    }
}
