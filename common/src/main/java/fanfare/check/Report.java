package fanfare.check;

import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicInteger;

/** What the checks found, a line each: {@code ok}, {@code warning} or {@code error}, and how to mend it. */
public final class Report {
    private static final int WELL = 0;
    private static final int FAILED = 1;
    /** The exit code of a start with such settings, too. */
    private static final int MISTAKEN = 2;

    private final PrintStream out;
    /** The worst so far; checks go on on other threads. */
    private final AtomicInteger exitCode = new AtomicInteger(WELL);

    public Report(PrintStream out) {
        this.out = out;
    }

    public void ok(String subject, String finding) {
        line("ok", subject, finding);
    }

    /** Works, but not as it should. */
    public void warning(String subject, String findingAndFix) {
        line("warning", subject, findingAndFix);
    }

    /** Something cannot be reached, or is not what is needed. */
    public void error(String subject, String findingAndFix) {
        line("error", subject, findingAndFix);
        exitCode.accumulateAndGet(FAILED, Math::max);
    }

    /** A setting with which there would be no start. */
    public void mistake(String findingAndFix) {
        out.println("error    " + findingAndFix);
        exitCode.accumulateAndGet(MISTAKEN, Math::max);
    }

    public int exitCode() {
        return exitCode.get();
    }

    private void line(String level, String subject, String text) {
        out.printf("%-8s %s: %s%n", level, subject, text);
    }
}
