package fanfare.deploy;

import fanfare.deploy.dev.JvmFlags;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a container of the product has to have: a limit that is full before the JVM's own are is an OOM kill, without a word. */
public final class ContainerMemory {
    /** Code, threads, and what the kernel keeps for sockets. */
    private static final long BESIDES = 256L << 20;

    private ContainerMemory() {}

    /** The least limit that has room for the heap, all buffers, and what there is besides, in bytes. */
    public static long least(String module) throws IOException {
        List<String> flags = JvmFlags.inContainer(Path.of(".."), module);
        long heapShare = number(flags, "-XX:MaxRAMPercentage=(\\d+)");
        long buffers = number(flags, "-XX:MaxDirectMemorySize=(\\d+)m") << 20;
        return (buffers + BESIDES) * 100 / (100 - heapShare);
    }

    private static long number(List<String> flags, String pattern) {
        return flags.stream()
                .map(Pattern.compile(pattern)::matcher)
                .filter(Matcher::matches)
                .mapToLong(flag -> Long.parseLong(flag.group(1)))
                .findFirst()
                .orElseThrow();
    }
}
