package fanfare.process;

import fanfare.config.Env;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How a process writes its log. */
public enum LogFormat {
    /** Lines for people where standard error is a terminal, else JSON. */
    AUTO,
    /** One JSON object a line. */
    JSON,
    /** One line an entry, a stack trace below it. */
    TEXT;

    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    /** Reads {@code FANFARE_LOG_FORMAT}. */
    public static LogFormat of(Env env) {
        return env.choice("FANFARE_LOG_FORMAT", AUTO);
    }

    boolean isJson() {
        return this == JSON || (this == AUTO && !isTerminal());
    }

    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            // No Linux, so no container either: somebody's own machine.
            return true;
        }
    }
}
