package fanfare.deploy.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The simplest WebSocket server there can be, which broadcasts when told: in C where there is a compiler, else on bare Netty. */
final class Broadcaster {
    private static final String COMPILER = "cc";
    private static final int COMPILE_SECONDS_MAX = 60;

    private final String language;
    private final Workbench.Service service;
    private final Remote remote;

    private Broadcaster(String language, Workbench.Service service) {
        this.language = language;
        this.service = service;
        this.remote = new Remote("the broadcaster", service.port());
    }

    /** @param heartbeatSeconds each connection gets a ping in each such span; 0 for none */
    static Broadcaster start(Workbench workbench, String name, int heartbeatSeconds)
            throws IOException, InterruptedException {
        Path program = workbench.logs().resolve("broadcaster");
        Path source = workbench.root().resolve("deploy/src/main/c/broadcaster.c");
        return compile(source, program, workbench.logs())
                ? new Broadcaster("C", workbench.startNative(name, program, heartbeatSeconds))
                : new Broadcaster("bare Netty", workbench.startOwn(name, "broadcaster", heartbeatSeconds));
    }

    /** What it is written in. */
    String language() {
        return language;
    }

    int port() {
        return service.port();
    }

    long pid() {
        return service.pid();
    }

    /** Returns when so many messages are written to all, one after the other. */
    void broadcast(int messages) throws IOException, InterruptedException {
        remote.ask("/broadcast?" + messages);
    }

    /** False if there is no compiler that can. */
    private static boolean compile(Path source, Path program, Path logs) throws InterruptedException {
        try {
            // Not over one that runs.
            Path fresh = program.resolveSibling("broadcaster.new");
            Process compiler = new ProcessBuilder(COMPILER, "-O2", "-o", fresh.toString(), source.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(logs.resolve("cc.log").toFile())
                    .start();
            if (!compiler.waitFor(COMPILE_SECONDS_MAX, TimeUnit.SECONDS)) {
                compiler.destroyForcibly();
                return false;
            }
            return compiler.exitValue() == 0 && fresh.toFile().renameTo(program.toFile());
        } catch (IOException e) {
            return false; // There is none.
        }
    }
}
