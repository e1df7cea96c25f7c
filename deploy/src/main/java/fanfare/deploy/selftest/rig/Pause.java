package fanfare.deploy.selftest.rig;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that is stopped and will go on, or packets that are dropped and will pass. A shell holds them and waits on a pipe
 * from us: it lets go when we close the pipe or die, so that a stopped process can notice a dead launcher, and nothing is left
 * in the firewall.
 */
public final class Pause {
    private static final int SECONDS_MAX = 5;
    private static final String SCRIPT =
            "trap '' INT HUP TERM; kill -STOP $1 && echo held; read -r line; kill -CONT $1";
    /** A chain's name, then what is dropped. */
    private static final String CUT =
            """
            trap '' INT HUP TERM
            chain=$1
            shift
            iptables -w -N "$chain" && iptables -w -I INPUT -j "$chain"
            for packets; do
              iptables -w -A "$chain" $packets -j DROP || break
            done && echo held
            read -r line
            iptables -w -D INPUT -j "$chain"
            iptables -w -F "$chain"
            iptables -w -X "$chain"
            """;

    private final Process shell;

    private Pause(Process shell) {
        this.shell = shell;
    }

    static Pause of(long pid) throws IOException {
        return hold("process " + pid + " cannot be stopped", List.of("sh", "-c", SCRIPT, "sh", Long.toString(pid)));
    }

    /**
     * Whether this process may drop packets.
     *
     * @return false without Linux' iptables, or without the rights that it takes
     */
    public static boolean canCut() throws InterruptedException {
        try {
            return new ProcessBuilder("iptables", "-w", "-n", "-L", "INPUT")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** @param packets that are dropped on their way in, as iptables is told of them */
    static Pause cut(List<String> packets) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "sh", "-c", CUT, "sh", "fanfare-" + ProcessHandle.current().pid()));
        command.addAll(packets);
        return hold("packets cannot be dropped", command);
    }

    private static Pause hold(String failure, List<String> command) throws IOException {
        Process shell = new ProcessBuilder(command).start();
        if (!"held".equals(shell.inputReader().readLine())) {
            shell.getOutputStream().close();
            throw new IOException(failure);
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
