package fanfare.deploy.k8s;

import fanfare.deploy.Server;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a pod's container would run, as a process of this machine: the jar, with the container's environment. Secrets lie in a
 * folder in place of the mounts, and every host that only a cluster knows is loopback.
 */
final class Pod {
    private static final Pattern HOSTS = Pattern.compile("(redis|site)(?=:\\d)|[a-z]+\\.example\\.com");

    private Pod() {}

    static Server start(String name, String module, Map<String, String> environment, Path mounts, String... arguments)
            throws IOException {
        Map<String, String> settings = new TreeMap<>();
        environment.forEach((setting, value) -> settings.put(
                setting,
                HOSTS.matcher(value.replace("/run/fanfare", mounts.toString())).replaceAll("127.0.0.1")));
        if (module.equals("gateway")) {
            settings.put("FANFARE_RELAY_HOST", "127.0.0.1");
            settings.put("FANFARE_RELAY_PORT", Integer.toString(RedisServer.freePort()));
        }
        String jar = Path.of("..", module, "target", module + ".jar").toString();
        List<String> java =
                Stream.concat(Stream.of("-jar", jar), Stream.of(arguments)).toList();
        return Server.start(name, mounts, Server.Ports.free(), java, settings);
    }

    /** Has it look at its settings and at what they name. */
    static Server check(String module, Map<String, String> environment, Path mounts) throws IOException {
        return start("check", module, environment, mounts, "check-config");
    }
}
