package fanfare.deploy.images;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Classes in the form that the JVM maps instead of reading them from the jar. Of one jar and one runtime, it is the same to
 * the byte.
 */
final class ClassArchive {
    /** An attempt that fails takes a twentieth of a second. */
    private static final Duration ATTEMPTS_MAX = Duration.ofSeconds(60);

    private static final Pattern LOADED = Pattern.compile("^\\[(\\d+)\\] ");
    private static final Pattern PROCESSOR = Pattern.compile("^Cpus_allowed_list:\\s*(\\d+)");

    private ClassArchive() {}

    /**
     * Makes one. Blocks for some seconds.
     *
     * @param folder with the service's jar, whose time stamp must be that which it has in the image, since the archive names it
     */
    static Path of(Service service, LinkedRuntime runtime, Path folder) throws IOException, InterruptedException {
        Path archive = folder.resolve(service.title() + ".jsa");
        List<String> classes = ClassList.of(folder.resolve(service.jar()));
        List<String> command = new ArrayList<>();
        // Where a thread that has just begun does not get the processor of the one that began it.
        command.addAll(List.of("chrt", "-b", "0", "taskset", "-c", processor()));
        command.addAll(command(service, runtime, folder, classes, archive));
        command.addAll(List.of("-Xlog:disable", "-Xlog:class+load:stdout:tid"));
        long begunNanos = System.nanoTime();
        while (!isMadeByOneThread(folder, command)) {
            if (System.nanoTime() - begunNanos > ATTEMPTS_MAX.toNanos()) {
                throw new IOException("two threads of the JVM have loaded classes whenever the archive of classes of "
                        + service.title() + " was made, so no other would be like it; try again");
            }
        }
        return archive;
    }

    /** What makes an archive of those that are in a list. */
    static List<String> command(Service service, LinkedRuntime runtime, Path folder, List<String> classes, Path archive)
            throws IOException {
        return List.of(
                runtime.java().toString(),
                "-Xshare:dump",
                // The archive would say how large a heap this machine affords, and hold objects of G1's heap, in an
                // order that is never the same.
                "-Xmx256m",
                "-XX:+IgnoreUnrecognizedVMOptions",
                "-XX:-UseG1GC",
                "-XX:-UseShenandoahGC",
                "-XX:+UseSerialGC",
                "-XX:SharedClassListFile=" + Files.write(folder.resolve("classes.list"), classes),
                "-XX:SharedArchiveFile=" + archive,
                // By its name alone, as in the image: an archive fits one class path only.
                "-cp",
                service.jar());
    }

    /**
     * Runs the command, but no longer than the main thread alone loads classes. The archive has names in the order in which
     * they came up, and the finalizer's thread, which begins with the JVM, may be ahead of the main one with one class.
     */
    private static boolean isMadeByOneThread(Path folder, List<String> command)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        StringBuilder complaints = new StringBuilder();
        try (BufferedReader lines = process.inputReader()) {
            @Nullable String main = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher loaded = LOADED.matcher(line);
                if (!loaded.find()) {
                    complaints.append(line).append('\n');
                } else if (main == null) {
                    main = loaded.group(1);
                } else if (!main.equals(loaded.group(1))) {
                    return false;
                }
            }
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + complaints);
            }
            return true;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** The number of one that this process may use. */
    private static String processor() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.map(PROCESSOR::matcher)
                    .filter(Matcher::find)
                    .findFirst()
                    .orElseThrow()
                    .group(1);
        }
    }
}
