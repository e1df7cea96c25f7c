package fanfare.deploy.images;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The images as they are made, and run for real. */
@Timeout(240)
class ImagesIT {
    private static final Path OUT = Path.of("target/images");
    private static final long LIMIT = 512L << 20;
    /** SHA-256 of {@code secret}. */
    static final String KEY = "shop, 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b, publish:user\n";

    @TempDir
    private static Path folder;

    private static String printed;

    @BeforeAll
    static void make() throws Exception {
        printed = images(Path.of(""));
    }

    @Test
    void thePublishersMessageReachesTheGatewaysBrowser() throws Exception {
        Vertx vertx = Vertx.vertx();
        String prefix = "test:" + UUID.randomUUID() + ":";
        Path keys = Files.writeString(folder.resolve("keys"), KEY);
        try (TestSite site = TestSite.start(vertx);
                Podman podman = new Podman(folder.resolve("podman"))) {
            int gatewayPort = RedisServer.freePort();
            int gatewayManagement = RedisServer.freePort();
            int publisherPort = RedisServer.freePort();
            int publisherManagement = RedisServer.freePort();
            Podman.Container gateway = podman.run(
                    podman.load(OUT.resolve("gateway.tar")),
                    LIMIT,
                    environment(
                            prefix,
                            gatewayPort,
                            gatewayManagement,
                            Map.of("FANFARE_SITE_AUTH_URL", site.authUrl(), "FANFARE_DRAIN_WINDOW", "1s")),
                    List.of());
            Podman.Container publisher = podman.run(
                    podman.load(OUT.resolve("publisher-api.tar")),
                    LIMIT,
                    environment(
                            prefix, publisherPort, publisherManagement, Map.of("FANFARE_KEYS_FILE", keys.toString())),
                    List.of(keys));
            awaitReady(gatewayManagement, gateway);
            awaitReady(publisherManagement, publisher);
            try (PushClient browser = PushClient.connectRaw(
                    vertx, "http://127.0.0.1:" + gatewayPort, "?namespaces=/orders", TestSite.login("42"))) {
                browser.expectWelcome();
                RawHttp.Answer answer = RawHttp.post(
                        publisherPort,
                        "/v1/publish",
                        "{\"to\":{\"user\":\"42\"},\"namespace\":\"/orders\",\"event\":\"shipped\",\"data\":{\"order\":7}}",
                        "Authorization: Bearer shop.secret",
                        "Content-Type: application/json");
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                assertThat(browser.expectEvent("shipped").json().getJsonObject("data"))
                        .isEqualTo(new JsonObject().put("order", 7));

                assertThatItIsHelpless(gateway, "gateway");
                assertThatItIsHelpless(publisher, "publisher-api");

                assertThat(gateway.stop()).as(gateway.log()).isZero();
                browser.expectClose(4001);
            }
            assertThat(publisher.stop()).as(publisher.log()).isZero();
        } finally {
            var unused = vertx.close();
        }
    }

    @Test
    void theSameIsMadeInAnotherFolderAtAnotherTime() throws Exception {
        Path elsewhere = folder.resolve("elsewhere");
        List<String> needed = new ArrayList<>(
                List.of("deploy/images", "deploy/jars.sh", "deploy/java.sh", "deploy/run", "deploy/target/deploy.jar"));
        for (Service service : Service.ALL) {
            needed.add(service.title() + "/target/" + service.jar());
            needed.add(service.title() + "/target/bom.json");
        }
        for (String file : needed) {
            Path copy = elsewhere.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Path.of("..").resolve(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
            Files.setLastModifiedTime(copy, FileTime.from(Instant.now()));
        }
        assertThat(images(elsewhere.resolve("deploy"))).isEqualTo(printed);
        for (Service service : Service.ALL) {
            String bill = service.title() + ".cdx.json";
            assertThat(elsewhere.resolve("deploy").resolve(OUT).resolve(bill))
                    .hasSameTextualContentAs(OUT.resolve(bill));
        }
    }

    @Test
    void theBillNamesEverythingThatIsInside() throws Exception {
        for (Service service : Service.ALL) {
            JsonObject bill = new JsonObject(Files.readString(OUT.resolve(service.title() + ".cdx.json")));
            assertThat(bill.getString("bomFormat")).isEqualTo("CycloneDX");
            List<String> names = new ArrayList<>();
            bill.getJsonArray("components").forEach(component -> names.add(((JsonObject) component).getString("name")));
            assertThat(names)
                    .contains("common", "vertx-core", "netty-buffer", "Java runtime", "libc.so.6", "libz.so.1");
            assertThat(names).doesNotContain("junit-jupiter", "embedded-redis");
            assertThat(printed).contains(digest(bill));
        }
    }

    private static void assertThatItIsHelpless(Podman.Container container, String title) {
        assertThat(container.status("Uid")).isEqualTo("65532\t65532\t65532\t65532");
        assertThat(container.status("Gid")).isEqualTo("65532\t65532\t65532\t65532");
        for (String capabilities : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            assertThat(container.status(capabilities)).as(capabilities).isEqualTo("0000000000000000");
        }
        assertThat(container.status("NoNewPrivs")).isEqualTo("1");
        assertThat(container.rootMount()).startsWith("ro,");
        // Netty falls back on the JDK's sockets without a word.
        assertThat(container.mapped())
                .contains("/app/" + title + ".jsa")
                .anyMatch(file -> file.startsWith("/app/libnetty_transport_native_epoll_"));
        String log = container.log();
        assertThat(log)
                .containsPattern("size_t MaxHeapSize += " + LIMIT / 2 + " ")
                .containsPattern("uint64_t MaxDirectMemorySize += " + (100 << 20) + " ");
        long archived = count(log, " source: shared objects file");
        long read = count(log, " source: jrt:/") + count(log, " source: file:/");
        assertThat(read)
                .as(
                        "classes that were not in the archive, beside %d; ./images --rehearse makes its list anew",
                        archived)
                .isLessThan(archived / 10);
    }

    private static long count(String log, String sought) {
        return log.lines().filter(line -> line.contains(sought)).count();
    }

    private static Map<String, String> environment(
            String prefix, int port, int management, Map<String, String> others) {
        Map<String, String> environment = new HashMap<>(others);
        environment.put("FANFARE_REDIS_URL", RedisServer.shared().url());
        environment.put("FANFARE_REDIS_PREFIX", prefix);
        environment.put("FANFARE_LISTEN_HOST", "127.0.0.1");
        environment.put("FANFARE_LISTEN_PORT", Integer.toString(port));
        environment.put("FANFARE_MANAGEMENT_PORT", Integer.toString(management));
        // What an operator says wins over what the image has.
        environment.put("JDK_JAVA_OPTIONS", "-XX:+PrintFlagsFinal -Xlog:class+load -XX:MaxDirectMemorySize=100m");
        return environment;
    }

    private static void awaitReady(int management, Podman.Container container) {
        try {
            Await.until("ready", () -> isReady(management));
        } catch (AssertionError e) {
            throw new AssertionError(container.log(), e);
        }
    }

    private static boolean isReady(int management) {
        try {
            return RawHttp.get(management, "/readyz").status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static String digest(JsonObject bill) {
        return bill.getJsonObject("metadata").getJsonArray("properties").stream()
                .map(JsonObject.class::cast)
                .filter(property -> property.getString("name").equals("fanfare:image:digest"))
                .map(property -> property.getString("value"))
                .findFirst()
                .orElseThrow();
    }

    /** Makes them by the script in a folder, and gives what was printed. */
    private static String images(Path deploy) throws Exception {
        Process process = new ProcessBuilder("./images", "--no-build")
                .directory(deploy.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
