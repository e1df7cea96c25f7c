package fanfare.deploy.images;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.jar.JarFile;

/**
 * What of a service is to be in its archive of classes: all that is the product's own, and of libraries and the JDK what a
 * {@link Rehearsal} has found once. That is kept among the sources, since no two starts load quite the same.
 */
final class ClassList {
    private static final String KEPT = "classes.list";
    private static final String OWN = "fanfare/";
    private static final String CLASS = ".class";

    private ClassList() {}

    /** In the form that the JVM reads, in an order that depends on the jar alone. */
    static List<String> of(Path jar) throws IOException {
        InputStream kept = Objects.requireNonNull(ClassList.class.getResourceAsStream(KEPT));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(kept, StandardCharsets.US_ASCII))) {
            return of(jar, lines.lines().toList());
        }
    }

    /** The same with others than the kept ones. */
    static List<String> of(Path jar, Collection<String> others) throws IOException {
        List<String> list = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (String line : others) {
                // A search for what is not there leaves traces in an archive, one of which is an address of this very
                // JVM.
                if (isOfAnyClass(line) || isThere(file, line)) {
                    list.add(line);
                }
            }
            file.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith(OWN) && name.endsWith(CLASS))
                    .map(name -> name.substring(0, name.length() - CLASS.length()))
                    .sorted()
                    .forEach(list::add);
        }
        return list;
    }

    /** Keeps what services have loaded, and says where. */
    static Path keep(Path root, SortedSet<String> lines) throws IOException {
        return Files.write(root.resolve("deploy/src/main/resources/fanfare/deploy/images/" + KEPT), lines);
    }

    /** Whether it is one that is kept: of lambdas, which come and go with the code, only what they all share. */
    static boolean isToBeKept(String line) {
        return isOfAnyClass(line) || !(line.startsWith("#") || line.startsWith("@") || line.startsWith(OWN));
    }

    private static boolean isOfAnyClass(String line) {
        return line.startsWith("@lambda-form-invoker ");
    }

    private static boolean isThere(JarFile jar, String name) {
        return jar.getEntry(name + CLASS) != null
                || ClassLoader.getPlatformClassLoader().getResource(name + CLASS) != null;
    }
}
