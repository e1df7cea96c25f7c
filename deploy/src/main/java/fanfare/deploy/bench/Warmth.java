package fanfare.deploy.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a JVM is warm: whether its compilers have left off, which take several times as much CPU as its work before. */
final class Warmth {
    /** In a row; in between, the compilers wait for what is called often enough. */
    private static final int CALM_ROUNDS = 5;

    private final long pid;
    private final double compilersShareMax;
    private long spentBefore;
    private long compiledBefore;
    private int calmRounds;

    /**
     * @param compilersShareMax of the CPU of a warm JVM, what is its compilers' at most, 0 to 1
     * @throws IOException if the process has gone
     */
    Warmth(long pid, double compilersShareMax) throws IOException {
        this.pid = pid;
        this.compilersShareMax = compilersShareMax;
        spentBefore = Cpu.nanos(pid);
        compiledBefore = compilers();
    }

    /**
     * To be asked after each round of work.
     *
     * @throws IOException if the process has gone
     */
    boolean isReached() throws IOException {
        long spent = Cpu.nanos(pid);
        long compiled = compilers();
        boolean calm = compiled - compiledBefore <= compilersShareMax * (spent - spentBefore);
        calmRounds = calm ? calmRounds + 1 : 0;
        spentBefore = spent;
        compiledBefore = compiled;
        return calmRounds >= CALM_ROUNDS;
    }

    /** What the threads of the compilers have spent [ns]; one that ends for want of work takes its share along. */
    private long compilers() throws IOException {
        long nanos = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                nanos += compiler(thread);
            }
        }
        return nanos;
    }

    private static long compiler(Path thread) throws IOException {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            return stat.contains("(C1 Compiler") || stat.contains("(C2 Compiler")
                    ? Cpu.parse(stat).nanos()
                    : 0;
        } catch (IOException e) {
            if (Files.exists(thread)) {
                throw e;
            }
            // It has just ended.
            return 0;
        }
    }
}
