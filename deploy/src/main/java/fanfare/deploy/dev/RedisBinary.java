package fanfare.deploy.dev;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis that this machine can run: an installed one if it is new enough, else the one that came with the build. */
public record RedisBinary(Path path, String description, int major) {
    private static final Pattern VERSION = Pattern.compile("v=(\\d+)\\.(\\d+)\\.(\\d+)");
    private static final int MAJOR_MIN = 6;
    private static final int MINOR_MIN = 2;
    private static final int SHARDED_MAJOR_MIN = 7;

    /**
     * The command line of a server on loopback that keeps nothing.
     *
     * @param folder where a replica writes what it is sent, which any Redis of that name would read at its next start
     */
    public static List<String> server(Path binary, int port, Path folder, String name, List<String> more)
            throws IOException {
        Files.deleteIfExists(folder.resolve(name + ".rdb"));
        List<String> command = new ArrayList<>(List.of(
                binary.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder.toString(),
                "--dbfilename",
                name + ".rdb",
                // A replica would otherwise wait 5 s for others to come and share the copy.
                "--repl-diskless-sync-delay",
                "0"));
        command.addAll(more);
        return command;
    }

    /** Whether it can be a server of a cluster as Fanfare uses it. */
    boolean hasShardedPubSub() {
        return major >= SHARDED_MAJOR_MIN;
    }

    /** An installed one that is new enough, if there is any. */
    public static Optional<RedisBinary> installed(String searchPath) {
        return Stream.of("redis-server", "valkey-server")
                .flatMap(name -> Stream.of(searchPath.split(":"))
                        .filter(folder -> !folder.isEmpty())
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .flatMap(path -> describe(path, "").stream())
                .findFirst();
    }

    static RedisBinary find(String searchPath, Path extractInto) throws IOException {
        Optional<RedisBinary> installed = installed(searchPath);
        if (installed.isPresent()) {
            return installed.get();
        }
        Path extracted = extract(extractInto);
        return describe(extracted, ", the build's own binary: for development only")
                .orElseThrow(
                        () -> new IOException(
                                "no redis-server 6.2 or newer is on the PATH and the build's own does not run here; use --redis URL"));
    }

    /** Empty for one that is too old or does not run. */
    private static Optional<RedisBinary> describe(Path path, String remark) {
        try {
            Process process = new ProcessBuilder(path.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(answer);
            if (!version.find()) {
                return Optional.empty();
            }
            int major = Integer.parseInt(version.group(1));
            int minor = Integer.parseInt(version.group(2));
            if (major < MAJOR_MIN || (major == MAJOR_MIN && minor < MINOR_MIN)) {
                return Optional.empty();
            }
            return Optional.of(
                    new RedisBinary(path, path + " " + version.group().substring(2) + remark, major));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path extract(Path folder) throws IOException {
        String resource = resource(System.getProperty("os.name"), System.getProperty("os.arch"));
        if (resource == null) {
            throw new IOException("no redis-server 6.2 or newer is on the PATH, and the build has none for this "
                    + "operating system; use --redis URL");
        }
        Path binary = folder.resolve(resource);
        try (InputStream content = RedisBinary.class.getResourceAsStream("/" + resource)) {
            if (content == null) {
                throw new IOException(resource + " is not in deploy.jar");
            }
            Files.createDirectories(folder);
            // Another cluster may run the old copy just now: replace the name, not the file.
            Path fresh = Files.createTempFile(folder, "redis-server", null);
            Files.copy(content, fresh, StandardCopyOption.REPLACE_EXISTING);
            if (!fresh.toFile().setExecutable(true)) {
                throw new IOException(fresh + " cannot be made executable");
            }
            Files.move(fresh, binary, StandardCopyOption.REPLACE_EXISTING);
        }
        return binary;
    }

    private static @Nullable String resource(String system, String machine) {
        String os = system.toLowerCase(Locale.ROOT);
        boolean arm = machine.equals("aarch64") || machine.equals("arm64");
        if (os.contains("linux")) {
            return arm ? "redis-server-6.2.7-linux-arm64" : "redis-server-6.2.6-v5-linux-amd64";
        }
        if (os.contains("mac")) {
            return arm ? "redis-server-6.2.6-v5-darwin-arm64" : "redis-server-6.2.6-v5-darwin-amd64";
        }
        return null;
    }
}
