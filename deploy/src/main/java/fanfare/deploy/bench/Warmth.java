package fanfare.deploy.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether a JVM is warm: whether its compilers have left off, which take several times as much CPU as its work before. */
final class Warmth {
    /** In a row; in between, the compilers wait for what is called often enough. */
    private static final int CALM_ROUNDS = 5;

    /** One round of work, counted from 0. */
    interface Round {
        void run(int number) throws IOException, InterruptedException;
    }

    private final long pid;
    private final double compilersShareMax;
    private long spentBefore;
    private long compiledBefore;
    private int calmRounds;

    private Warmth(long pid, double compilersShareMax) throws IOException {
        this.pid = pid;
        this.compilersShareMax = compilersShareMax;
        spentBefore = Cpu.nanos(pid);
        compiledBefore = compilers(pid);
    }

    /**
     * Repeats a round until all are warm.
     *
     * @param compilersShareMax of the CPU of a warm JVM, what is its compilers' at most, 0 to 1
     * @param roundsMax after which they are taken as they are
     * @return how many rounds it took
     * @throws IOException if one of the processes has gone
     */
    static int reach(List<Long> pids, double compilersShareMax, int roundsMax, Round round)
            throws IOException, InterruptedException {
        List<Warmth> all = new ArrayList<>();
        for (long pid : pids) {
            all.add(new Warmth(pid, compilersShareMax));
        }
        int rounds = 0;
        boolean reached = false;
        while (!reached && rounds < roundsMax) {
            round.run(rounds++);
            reached = true;
            for (Warmth one : all) {
                reached &= one.isReached();
            }
        }
        return rounds;
    }

    /** To be asked after each round. */
    private boolean isReached() throws IOException {
        long spent = Cpu.nanos(pid);
        long compiled = compilers(pid);
        boolean calm = compiled - compiledBefore <= compilersShareMax * (spent - spentBefore);
        calmRounds = calm ? calmRounds + 1 : 0;
        spentBefore = spent;
        compiledBefore = compiled;
        return calmRounds >= CALM_ROUNDS;
    }

    /**
     * What the threads of a process' compilers have spent [ns]; one that ends for want of work takes its share along. Nothing
     * if the process has no compilers.
     */
    static long compilers(long pid) throws IOException {
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
