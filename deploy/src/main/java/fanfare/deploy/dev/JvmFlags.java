package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JVM flags of the product's processes, as {@code deploy/run} knows them. */
public final class JvmFlags {
    private JvmFlags() {}

    /**
     * Arguments of java that start a module of the product with its flags and so much heap. Blocks for some milliseconds.
     *
     * @throws IOException if the script cannot tell
     */
    public static List<String> start(Path root, String module, String heap) throws IOException {
        return start(of(root, module), heap, root.resolve(module + "/target/" + module + ".jar"));
    }

    /** The same with other flags or another build's jar. */
    public static List<String> start(List<String> flags, String heap, Path jar) {
        List<String> line = new ArrayList<>(flags);
        line.addAll(List.of(heap, "-jar", jar.toString()));
        return line;
    }

    /**
     * What suits a module on the JDK that runs this. Blocks for some milliseconds.
     *
     * @param module {@code gateway} or {@code publisher-api}
     * @throws IOException if the script cannot tell
     */
    public static List<String> of(Path root, String module) throws IOException {
        return ask(root, "--flags", module);
    }

    /** The same for a container, whose memory limit they honour. */
    public static List<String> inContainer(Path root, String module) throws IOException {
        return ask(root, "--container-flags", module);
    }

    private static List<String> ask(Path root, String question, String module) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(root.resolve("deploy/run").toString(), question, module).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("JAVA_OPTS");
        Process script = builder.start();
        script.getOutputStream().close();
        String answer = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (script.waitFor() != 0) {
                throw new IOException("deploy/run " + question + " " + module + ": " + answer.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return answer.lines().toList();
    }
}
