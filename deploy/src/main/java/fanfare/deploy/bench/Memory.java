package fanfare.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process and the kernel have in RAM. */
final class Memory {
    private static final Duration SETTLE_MAX = Duration.ofSeconds(45);
    private static final int LOOK_EVERY_MS = 500;
    /** So many looks in a row that find no less than before. */
    private static final int CALM_LOOKS = 12;
    /** Less than that is no fall [bytes]. */
    private static final long NOISE = 256 << 10;

    private Memory() {}

    /** Resident [bytes]. */
    static long resident(long pid) throws IOException {
        return kilobytes(Files.readString(Path.of("/proc", Long.toString(pid), "status")), "VmRSS") << 10;
    }

    /** Resident once it falls no more [bytes]; after 45 s in any case. */
    static long settled(long pid) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + SETTLE_MAX.toNanos();
        long least = resident(pid);
        for (int calm = 0; calm < CALM_LOOKS && System.nanoTime() < deadline; calm++) {
            Thread.sleep(LOOK_EVERY_MS);
            long now = resident(pid);
            if (now < least - NOISE) {
                calm = -1;
            }
            least = Math.min(least, now);
        }
        return least;
    }

    /** What the kernel keeps for itself, sockets' buffers included [bytes]. */
    static long kernel() throws IOException {
        String memory = Files.readString(Path.of("/proc/meminfo"));
        return ((kilobytes(memory, "Slab") + kilobytes(memory, "KernelStack")) << 10)
                + tcpPages(Files.readString(Path.of("/proc/net/sockstat"))) * 4_096;
    }

    /** What is free or can be freed at once [bytes]. */
    static long available() throws IOException {
        return kilobytes(Files.readString(Path.of("/proc/meminfo")), "MemAvailable") << 10;
    }

    static long kilobytes(String lines, String field) {
        return number(lines, "(?m)^" + field + ":\\s+(\\d+) kB$");
    }

    static long tcpPages(String sockstat) {
        return number(sockstat, "(?m)^TCP: .*\\bmem (\\d+)$");
    }

    private static long number(String lines, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(lines);
        if (!matcher.find()) {
            throw new IllegalArgumentException("nothing like " + pattern + " in: " + lines);
        }
        return Long.parseLong(matcher.group(1));
    }
}
