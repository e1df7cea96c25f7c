package fanfare.deploy.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Java runtime with the modules that the product needs, and the shared libraries of this machine that it needs itself. */
record LinkedRuntime(Path folder) {
    private static final List<String> MODULES = List.of(
            "java.base",
            "java.logging",
            // The meters of the JVM.
            "java.management",
            "jdk.management",
            // Netty's names of hosts and of certificates.
            "java.naming",
            // Netty's buffers.
            "jdk.unsupported",
            // Keys on elliptic curves, which most servers' certificates have; part of java.base since 22.
            "jdk.crypto.ec",
            // So that a recording can be asked for in production.
            "jdk.jfr");

    private static final Pattern LIBRARY = Pattern.compile("(?:=> |^\\s*)(/\\S+) \\(0x");
    private static final Pattern LACK = Pattern.compile("(\\S+) => not found");

    /**
     * Links one into a folder that does not exist yet.
     *
     * @param flags that it starts with, before all those that it is given
     */
    static LinkedRuntime link(Path folder, List<String> flags) throws IOException, InterruptedException {
        Path jdk = Path.of(System.getProperty("java.home"));
        Path jlink = jdk.resolve("bin/jlink");
        if (!Files.isExecutable(jlink)) {
            throw new IOException("this Java has no jlink; point JAVA_HOME to a whole JDK");
        }
        // Not compressed: a layer's compression finds more in what is not compressed yet. And in a process of its own:
        // what it makes of method handles depends on which ones its JVM has used.
        Tool.ask(
                jdk,
                List.of(
                        jlink.toString(),
                        "--add-modules",
                        String.join(",", MODULES),
                        "--add-options=" + String.join(" ", flags),
                        "--strip-java-debug-attributes",
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        folder.toAbsolutePath().toString()));
        return new LinkedRuntime(folder);
    }

    Path java() {
        return folder.resolve("bin/java");
    }

    /**
     * Paths of the loader and of all shared libraries outside of it that its programs and libraries are bound to.
     *
     * @param besides another library that it will load
     */
    SortedSet<Path> libraries(Path besides) throws IOException, InterruptedException {
        List<String> question = new ArrayList<>(List.of("ldd", java().toString(), besides.toString()));
        try (Stream<Path> files = Files.walk(folder)) {
            files.map(Path::toString).filter(file -> file.endsWith(".so")).forEach(question::add);
        }
        SortedSet<Path> found = new TreeSet<>();
        for (String line : Tool.ask(folder, question).lines().toList()) {
            Matcher library = LIBRARY.matcher(line);
            Matcher lack = LACK.matcher(line);
            if (library.find()) {
                found.add(Path.of(library.group(1)).normalize());
            } else if (lack.find() && question.stream().noneMatch(file -> file.endsWith("/" + lack.group(1)))) {
                // Those of the runtime find each other in the JVM.
                throw new IOException("this machine lacks a library of its Java: " + lack.group(1));
            }
        }
        found.removeIf(library -> library.startsWith(folder));
        return found;
    }
}
