package fanfare.deploy.selftest.rig;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A process that is stopped and will go on. A shell holds it and waits on a pipe from us: it lets go when we close the pipe
 * or die, so that a stopped process can notice a dead launcher.
 */
public final class Pause {
    private static final int SECONDS_MAX = 5;
    private static final String SCRIPT =
            "trap '' INT HUP TERM; kill -STOP $1 && echo stopped; read -r line; kill -CONT $1";

    private final Process shell;

    private Pause(Process shell) {
        this.shell = shell;
    }

    static Pause of(long pid) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", SCRIPT, "sh", Long.toString(pid)).start();
        if (!"stopped".equals(shell.inputReader().readLine())) {
            throw new IOException("process " + pid + " cannot be stopped");
        }
        return new Pause(shell);
    }

    public void end() throws IOException {
        shell.getOutputStream().close();
        try {
            if (!shell.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new IOException("a stopped process was not let go");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
