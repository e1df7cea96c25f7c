package fanfare.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process has spent until now, in its own code and in the kernel's, as the kernel tells it. */
final class Cpu {
    /** Linux counts in hundredths of a second, whatever its own clock is. */
    static final long TICK_NANOS = 10_000_000;
    /** Fields of /proc/PID/stat behind the name, which may have blanks itself: state is the first. */
    private static final int USER = 11;

    private static final int SYSTEM = 12;

    private Cpu() {}

    /** In its own code, and in the kernel's. */
    record Spent(long userNanos, long systemNanos) {
        Spent since(Spent before) {
            return new Spent(userNanos - before.userNanos, systemNanos - before.systemNanos);
        }

        long nanos() {
            return userNanos + systemNanos;
        }
    }

    /** @throws IOException if the process has gone */
    static Spent spent(long pid) throws IOException {
        return parse(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    }

    static Spent parse(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", SYSTEM + 2);
        return new Spent(Long.parseLong(fields[USER]) * TICK_NANOS, Long.parseLong(fields[SYSTEM]) * TICK_NANOS);
    }

    /** @throws IOException if the process has gone */
    static long nanos(long pid) throws IOException {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow(() -> new IOException("process " + pid + " has gone"))
                .toNanos();
    }
}
