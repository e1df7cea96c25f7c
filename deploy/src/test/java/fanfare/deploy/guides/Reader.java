package fanfare.deploy.guides;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import fanfare.deploy.DevCluster;
import fanfare.deploy.browser.BrowserCluster;
import fanfare.testing.Await;
import fanfare.testing.BalancerProcess;
import fanfare.testing.RawHttp;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Does what a page says, block by block, in an empty folder that has the checkout as {@code fanfare}.
 *
 * <table>
 *   <caption>What a block's fence says</caption>
 *   <tr><td>{@code sh}</td><td>is run to its end</td></tr>
 *   <tr><td>{@code sh terminal}</td><td>is left running, and waited for until it listens on the ports that it names</td></tr>
 *   <tr><td>{@code output}</td><td>is what the {@code sh} before it printed; {@code ...} stands for anything</td></tr>
 *   <tr><td>{@code php Some.php}, {@code java}, {@code html}</td><td>is saved under that name, and a later block uses it</td></tr>
 *   <tr><td>{@code php}, {@code java}</td><td>are statements that leave what the publisher said in {@code answer}</td></tr>
 *   <tr><td>{@code json composer.json}</td><td>requires a package that is where it says</td></tr>
 *   <tr><td>{@code nginx 1}, {@code haproxy 1}</td><td>is the configuration of one that listens on that port</td></tr>
 *   <tr><td>{@code open}</td><td>is an address that is opened in a browser</td></tr>
 *   <tr><td>{@code shown}</td><td>is what that page shows in the end</td></tr>
 *   <tr><td>{@code js}</td><td>is typed into the console of a page that has {@code fanfare}</td></tr>
 *   <tr><td>{@code console}</td><td>is what that console says in the end</td></tr>
 * </table>
 */
final class Reader implements AutoCloseable {
    /** What the guides say, where each port is moved by the cluster's offset. */
    private static final List<Integer> PORTS =
            List.of(6390, 8000, 8001, 8002, 8003, 8070, 8071, 8080, 8088, 8089, 8090, 9070, 9071, 9081);

    /** Commands that something else has done. */
    private static final Map<String, String> DONE = Map.of("./fanfare/deploy/dev", ": DevCluster started it");

    private static final String JAVA =
            """
            import java.net.URI;
            import java.net.http.*;
            import java.net.http.HttpRequest.BodyPublishers;
            import java.net.http.HttpResponse.BodyHandlers;
            class Statements {
                public static void main(String[] args) throws Exception {
            %s
                    System.out.println(answer.body());
                }
            }
            """;

    private final DevCluster cluster;
    private final Path folder;
    private final Terminal terminal;
    private final List<BalancerProcess> balancers = new ArrayList<>();
    private final BrowserContext browser;
    private final List<String> console = new ArrayList<>();
    private final Map<String, Block> unused = new LinkedHashMap<>();
    private @Nullable Page page;
    private @Nullable String printed;

    Reader(BrowserCluster stage, Path folder) {
        this.cluster = stage.cluster();
        this.folder = folder;
        try {
            Files.createSymbolicLink(folder.resolve("fanfare"), Path.of("..").toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.terminal = new Terminal(folder);
        this.browser = stage.chromium().newContext();
    }

    void read(List<Block> blocks) {
        assertThat(blocks).isNotEmpty();
        blocks.forEach(this::read);
        assertThat(unused.values()).as("files that no later block uses").isEmpty();
    }

    private void read(Block block) {
        String text = here(block.text());
        unused.keySet().removeIf(text::contains);
        switch ((block.language() + " " + block.argument()).trim()) {
            case "sh" -> printed = terminal.run(block, text);
            case "sh terminal" -> leaveRunning(block, text);
            case "output" -> assertThat(printed).as(block.where()).matches(pattern(text));
            case "php" ->
                printed = terminal.run(block, saved("Statements.php", "<?php\n" + text + "echo $answer;", "php"));
            case "java" -> printed = terminal.run(block, saved("Statements.java", JAVA.formatted(text), "java"));
            case "json composer.json" -> requiresWhatIsThere(new JsonObject(text));
            case "open" -> open(text.trim());
            case "shown" -> awaitText(block, text, () -> page().innerText("body"));
            case "js" -> type(text);
            case "console" ->
                awaitText(block, text, () -> {
                    page().evaluate("0"); // Playwright hears of messages while it is asked for something.
                    return String.join("\n", console);
                });
            default -> configurationOrFile(block, text);
        }
    }

    private void configurationOrFile(Block block, String text) {
        switch (block.language()) {
            case "nginx" -> balancers.add(BalancerProcess.nginx(fresh("nginx"), port(block), text));
            case "haproxy" -> balancers.add(BalancerProcess.haproxy(fresh("haproxy"), port(block), text));
            case "php", "java", "html" -> {
                save(block.argument(), text);
                unused.put(block.argument(), block);
            }
            default -> throw new AssertionError("nothing tries the block of " + block.where());
        }
    }

    private void leaveRunning(Block block, String text) {
        Process process = terminal.leaveRunning(text);
        for (int port : PORTS.stream().map(cluster::port).toList()) {
            if (names(text, port)) {
                Await.until(block.where() + " listens on " + port, () -> {
                    assertThat(process.isAlive()).as(block.where()).isTrue();
                    return answers(port);
                });
            }
        }
    }

    /** Those with a management port say themselves when they are ready. */
    private boolean answers(int port) {
        try (RawHttp http = RawHttp.to(port)) {
            boolean management = port >= cluster.port(9000);
            return !management || http.request("GET", "/readyz", "").answer().status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Statements as a program, and the command that runs it. */
    private String saved(String file, String program, String command) {
        save(file, program);
        return command + " " + file;
    }

    private void save(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path fresh(String name) {
        try {
            return Files.createDirectory(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What Composer would look for; Composer itself need not be there. */
    private void requiresWhatIsThere(JsonObject composer) {
        JsonObject repository = composer.getJsonArray("repositories").getJsonObject(0);
        assertThat(repository.getString("type")).isEqualTo("path");
        Path manifest = folder.resolve(repository.getString("url")).resolve("composer.json");
        try {
            JsonObject found = new JsonObject(Files.readString(manifest));
            assertThat(composer.getJsonObject("require").fieldNames()).containsExactly(found.getString("name"));
            JsonObject namespaces = found.getJsonObject("autoload").getJsonObject("psr-4");
            assertThat(namespaces.fieldNames()).containsExactly("Fanfare\\");
            assertThat(manifest.resolveSibling(namespaces.getString("Fanfare\\")))
                    .isDirectory();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void open(String url) {
        page = browser.newPage();
        page.onConsoleMessage(message -> console.add(message.text()));
        page.navigate(url);
    }

    private void type(String text) {
        open(cluster.page("localhost") + "api/session");
        page().evaluate(
                        """
                async ([gateway, text]) => {
                    const {Fanfare} = await import(`${gateway}/client/fanfare.js`);
                    const fanfare = new Fanfare(`${gateway}/push`);
                    new Function('fanfare', text)(fanfare);
                    await new Promise((resolve) => fanfare.on('state', ({state}) => state === 'open' && resolve()));
                }
                """,
                        List.of("http://localhost:" + cluster.balancerPort(), text));
    }

    private Page page() {
        if (page == null) {
            throw new AssertionError("no page is open");
        }
        return page;
    }

    private static void awaitText(Block block, String expected, Supplier<String> actual) {
        Pattern pattern = pattern(expected);
        Await.until(
                block.where() + " is there", () -> pattern.matcher(actual.get()).matches());
    }

    /** {@code ...} stands for anything, and blank space at both ends for nothing. */
    private static Pattern pattern(String expected) {
        return Pattern.compile(
                Stream.of(expected.trim().split(Pattern.quote("..."), -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*", "\\s*", "\\s*")),
                Pattern.DOTALL);
    }

    private String here(String text) {
        String here = text;
        for (Map.Entry<String, String> done : DONE.entrySet()) {
            here = here.replace(done.getKey(), done.getValue());
        }
        String ports = PORTS.stream().map(String::valueOf).collect(Collectors.joining("|"));
        return Pattern.compile("(?<!\\d)(" + ports + ")(?!\\d)")
                .matcher(here)
                .replaceAll(match -> String.valueOf(cluster.port(Integer.parseInt(match.group(1)))));
    }

    private static boolean names(String text, int port) {
        return Pattern.compile("(?<!\\d)" + port + "(?!\\d)").matcher(text).find();
    }

    private int port(Block block) {
        return cluster.port(Integer.parseInt(block.argument()));
    }

    @Override
    public void close() {
        browser.close();
        balancers.forEach(BalancerProcess::close);
        terminal.close();
        try {
            // Else JUnit wonders where it leads.
            Files.delete(folder.resolve("fanfare"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
