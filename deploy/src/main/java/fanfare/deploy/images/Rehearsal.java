package fanfare.deploy.images;

import fanfare.deploy.dev.FreePorts;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds what a service loads until it serves: it starts without Redis, answers and stops. */
final class Rehearsal {
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final long POLL_MS = 20;
    private static final int OK = 200;

    private static final Pattern BEGUN = Pattern.compile("Start class verification for: (\\S+)");
    private static final Pattern LOADED = Pattern.compile("\\] (\\S+) source: ");
    private static final Pattern FAILED = Pattern.compile("Verification failed for (\\S+)");

    private final Service service;
    private final LinkedRuntime runtime;
    private final Path folder;

    /** @param folder with the service's jar */
    Rehearsal(Service service, LinkedRuntime runtime, Path folder) {
        this.service = service;
        this.runtime = runtime;
        this.folder = folder;
    }

    /** What a {@link ClassList} should keep of it, but for what is unfit. Blocks for some seconds. */
    SortedSet<String> classes() throws IOException, InterruptedException {
        SortedSet<String> classes = new TreeSet<>();
        for (String line : Files.readAllLines(loaded())) {
            if (ClassList.isToBeKept(line)) {
                classes.add(line);
            }
        }
        classes.retainAll(Set.copyOf(ClassList.of(folder.resolve(service.jar()), classes)));
        return classes;
    }

    /**
     * Those that need a library that the jar lacks, by themselves or because they name another that does. The service makes
     * do without, but an archive would not be the same twice: see {@link ClassList}. Once they are left out, others may turn
     * out to be. Blocks for some seconds.
     */
    Set<String> unfit(SortedSet<String> classes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(ClassArchive.command(
                service,
                runtime,
                folder,
                ClassList.of(folder.resolve(service.jar()), classes),
                folder.resolve("rehearsal.jsa")));
        command.add("-Xlog:class+load,class+init,cds");
        Set<String> unfit = new HashSet<>();
        Map<String, String> namedBy = new HashMap<>();
        String verified = "";
        for (String line : Tool.ask(folder, command).lines().toList()) {
            Matcher begun = BEGUN.matcher(line);
            Matcher loaded = LOADED.matcher(line);
            Matcher failed = FAILED.matcher(line);
            if (begun.find()) {
                verified = begun.group(1);
            } else if (loaded.find()) {
                namedBy.put(loaded.group(1), verified);
            } else if (failed.find()) {
                unfit.add(failed.group(1).replace('.', '/'));
                unfit.add(namedBy.getOrDefault(failed.group(1), "").replace('.', '/'));
            }
        }
        return unfit;
    }

    /** Starts it, lets it answer, stops it, and gives the JVM's list of what it has loaded. */
    private Path loaded() throws IOException, InterruptedException {
        Path classes = folder.resolve("rehearsal.list");
        Path log = folder.resolve("rehearsal.log");
        int management = new FreePorts(new Random()).take();
        ProcessBuilder builder = new ProcessBuilder(
                        runtime.java().toString(),
                        "-Xshare:off",
                        "-XX:DumpLoadedClassList=" + classes,
                        "-jar",
                        service.jar())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("FANFARE_"));
        builder.environment().putAll(service.rehearsal());
        builder.environment().put("FANFARE_LISTEN_HOST", "127.0.0.1");
        builder.environment().put("FANFARE_LISTEN_PORT", "0");
        builder.environment().put("FANFARE_MANAGEMENT_PORT", Integer.toString(management));
        builder.environment().put("FANFARE_REDIS_URL", "redis://127.0.0.1:9");
        Process process = builder.start();
        try {
            long begunNanos = System.nanoTime();
            while (!answers(management)) {
                if (!process.isAlive() || System.nanoTime() - begunNanos > WAIT_MAX.toNanos()) {
                    throw new IOException(service.title() + " does not start; see " + log);
                }
                Thread.sleep(POLL_MS);
            }
            process.destroy();
            if (!process.waitFor(WAIT_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(service.title() + " does not stop; see " + log);
            }
        } finally {
            process.destroyForcibly();
        }
        return classes;
    }

    private static boolean answers(int managementPort) {
        try {
            HttpURLConnection request =
                    (HttpURLConnection) URI.create("http://127.0.0.1:" + managementPort + "/metrics")
                            .toURL()
                            .openConnection();
            request.setConnectTimeout((int) WAIT_MAX.toMillis());
            request.setReadTimeout((int) WAIT_MAX.toMillis());
            return request.getResponseCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }
}
