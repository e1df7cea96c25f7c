package fanfare.deploy.bench;

import java.io.IOException;

/** What a process has spent until now, in its own code and in the kernel's, as the kernel tells it. */
final class Cpu {
    private Cpu() {}

    /** @throws IOException if the process has gone */
    static long nanos(long pid) throws IOException {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow(() -> new IOException("process " + pid + " has gone"))
                .toNanos();
    }
}
