package fanfare.deploy.images;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.ContainerMemory;
import fanfare.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** The cluster in containers as {@code compose.yaml} describes it, held against the images and the services themselves. */
class ComposeIT {
    private static final Path FILE = Path.of("compose.yaml");
    /** Made by hand. */
    private static final Path SECRETS = Path.of("compose", "secrets");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::([-?])([^}]*))?}");

    /** Anchors and what they are merged into are resolved by the reader. */
    private final Map<String, Object> compose = new Yaml().load(substituted());

    @Test
    void everyContainerIsAsHelplessAsItCanBe() {
        services().forEach((name, service) -> {
            assertThat(service).as(name).containsEntry("read_only", true).containsEntry("cap_drop", List.of("ALL"));
            assertThat(service).as(name).containsEntry("security_opt", List.of("no-new-privileges:true"));
            assertThat(service).as(name).containsKeys("mem_limit", "pids_limit").doesNotContainKey("privileged");
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void imagesAreThoseThatAreMadeHere(Service image) throws Exception {
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.replaceFirst("(?s).*?<version>([^<]+)</version>.*", "$1");
        assertThat(of(image)).isNotEmpty();
        of(image).forEach((name, service) -> assertThat(service)
                .as(name)
                .containsEntry("image", "fanfare/" + image.title() + ":" + version));
    }

    @ParameterizedTest
    @MethodSource("all")
    void memoryIsEnoughForTheHeapAndAllBuffers(Service image) throws Exception {
        long least = ContainerMemory.least(image.title());
        of(image).forEach((name, service) -> assertThat(bytes(String.valueOf(service.get("mem_limit"))))
                .as(name)
                .isGreaterThanOrEqualTo(least));
        // Where it is to hold many connections.
        if (image.equals(Service.GATEWAY)) {
            assertThat(Files.readString(Path.of("README.md")))
                    .contains("Give a gateway " + (least >> 20) + " MiB or more", " -m " + (least >> 20) + "m ");
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void servicesTakeTheirSettings(Service image, @TempDir Path folder) throws Exception {
        Path secret = Files.writeString(folder.resolve("relay"), "a secret of gateways".replace(' ', '-'));
        Path keys = Files.writeString(folder.resolve("keys"), ImagesIT.KEY);
        for (var service : of(image).entrySet()) {
            Map<String, String> settings = settings(service.getValue());
            settings.replaceAll((name, value) -> value.replace(
                            "redis://redis:6379", RedisServer.shared().url())
                    .replace("/run/secrets/relay", secret.toString())
                    .replace("/run/fanfare/keys/keys", keys.toString()));
            Path jar = Path.of("..", image.title(), "target", image.jar());
            ProcessBuilder check = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-jar",
                            jar.toString(),
                            "check-config")
                    .redirectErrorStream(true);
            check.environment().keySet().removeIf(name -> name.startsWith("FANFARE_"));
            check.environment().putAll(settings);
            Process process = check.start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            // 1 is something that cannot be reached from here, such as the site.
            assertThat(process.waitFor()).as(service.getKey() + ": " + said).isLessThan(2);
        }
    }

    @Test
    void namesLeadToWhatIsThere() {
        Map<String, Object> secrets = map(compose.get("secrets"));
        services().forEach((name, service) -> {
            List<?> used = (List<?>) service.getOrDefault("secrets", List.of());
            assertThat(secrets.keySet())
                    .as(name)
                    .containsAll(used.stream().map(String::valueOf).toList());
            assertThat(services().keySet())
                    .as(name)
                    .containsAll(
                            map(service.getOrDefault("depends_on", Map.of())).keySet());
            settings(service).forEach((setting, value) -> {
                if (value.startsWith("/run/secrets/")) {
                    assertThat(used.contains(value.substring("/run/secrets/".length())))
                            .as(setting)
                            .isTrue();
                }
            });
            for (Object volume : (List<?>) service.getOrDefault("volumes", List.of())) {
                Path source = Path.of(String.valueOf(volume).split(":", -1)[0]).normalize();
                if (!source.startsWith(SECRETS)) {
                    assertThat(source).exists();
                }
            }
        });
        of(Service.GATEWAY).forEach((name, service) -> assertThat(settings(service))
                .containsEntry("FANFARE_RELAY_HOST", name)
                .containsEntry("FANFARE_NODE_NAME", name));
    }

    /** A mounted file is that one for ever, whatever is moved over its name. */
    @Test
    void aFileThatIsReadAgainIsMountedWithItsFolder() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        of(Service.PUBLISHER_API).forEach((name, service) -> {
            Path keys = Path.of(settings(service).get("FANFARE_KEYS_FILE"));
            List<?> volumes = (List<?>) service.getOrDefault("volumes", List.of());
            assertThat(volumes).hasSize(1);
            List<String> volume = List.of(String.valueOf(volumes.get(0)).split(":", -1));
            assertThat(volume.subList(1, 3)).containsExactly(String.valueOf(keys.getParent()), "ro");
            Path source = Path.of("deploy").resolve(volume.get(0)).normalize();
            assertThat(readme).contains(" " + source + "\n", " " + source.resolve("keys") + "\n");
        });
    }

    @Test
    void theBalancerAsksEachGatewayAtItsOwnPorts() throws Exception {
        String balancer = Files.readString(Path.of("compose/haproxy.cfg"));
        List<Integer> ports = Service.GATEWAY.ports();
        for (String gateway : of(Service.GATEWAY).keySet()) {
            assertThat(balancer).contains("server " + gateway + " " + gateway + ":" + ports.get(0) + "\n");
        }
        assertThat(balancer).contains("check port " + ports.get(1) + " ", "GET /readyz");
        assertThat(balancer.split("\n *server ", -1))
                .hasSize(of(Service.GATEWAY).size() + 1);
        // Addresses of which X-Forwarded-For is believed: the balancer's network.
        String network = compose.toString().replaceFirst(".*subnet=([0-9./]+).*", "$1");
        of(Service.GATEWAY).forEach((name, service) -> assertThat(settings(service))
                .containsEntry("FANFARE_TRUSTED_PROXIES", network));
    }

    @Test
    void theBalancerHasWhatGatewaysNeedOfIt() throws Exception {
        List<String> balancer = Files.readAllLines(Path.of("compose/haproxy.cfg")).stream()
                .map(String::strip)
                .toList();
        List<String> needed = Files.readAllLines(Path.of("../gateway/README.md")).stream()
                .filter(line -> line.startsWith("| HAProxy | "))
                .flatMap(line -> Pattern.compile("`((?:option|timeout|retry-on|balance) [^`]+)`")
                        .matcher(line.split("\\|", -1)[2])
                        .results()
                        .map(setting -> setting.group(1)))
                .toList();
        assertThat(needed).contains("option abortonclose", "balance leastconn");
        assertThat(needed).allSatisfy(setting -> assertThat(balancer)
                .as(setting)
                .anyMatch(line -> line.equals(setting) || line.startsWith(setting + " ")));
    }

    @Test
    void aGatewayIsGivenLongerThanItsDrainTakes() {
        of(Service.GATEWAY)
                .forEach((name, service) -> assertThat(seconds(String.valueOf(service.get("stop_grace_period"))))
                        // What it waits for besides the window, before it ends in a hurry.
                        .isGreaterThanOrEqualTo(seconds(settings(service).get("FANFARE_DRAIN_WINDOW")) + 20));
    }

    static List<Service> all() {
        return Service.ALL;
    }

    private Map<String, Map<String, Object>> services() {
        Map<String, Map<String, Object>> services = new TreeMap<>();
        map(compose.get("services")).forEach((name, service) -> services.put(name, map(service)));
        return services;
    }

    private Map<String, Map<String, Object>> of(Service image) {
        Map<String, Map<String, Object>> services = services();
        services.values()
                .removeIf(service -> !String.valueOf(service.get("image")).startsWith("fanfare/" + image.title()));
        return services;
    }

    private static Map<String, String> settings(Map<String, Object> service) {
        Map<String, String> settings = new HashMap<>();
        map(service.getOrDefault("environment", Map.of()))
                .forEach((name, value) -> settings.put(name, String.valueOf(value)));
        // Those without a value are the operator's.
        settings.values().removeIf("null"::equals);
        return settings;
    }

    private static long bytes(String text) {
        assertThat(text).matches("\\d+[mg]");
        return Long.parseLong(text.substring(0, text.length() - 1)) << (text.endsWith("g") ? 30 : 20);
    }

    private static int seconds(String text) {
        assertThat(text).matches("\\d+s");
        return Integer.parseInt(text.substring(0, text.length() - 1));
    }

    /** The file with its variables replaced by their defaults, or by something like the example that they ask for. */
    private static String substituted() {
        Matcher variable = VARIABLE.matcher(read());
        return variable.replaceAll(
                found -> "-".equals(found.group(2)) ? found.group(3) : "http://127.0.0.1:9/push/auth");
    }

    private static String read() {
        try (Stream<String> lines = Files.lines(FILE)) {
            return String.join("\n", lines.toList());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }
}
