package fanfare.gateway.auth;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What an operator should know about the site, each kind at most once a minute. Confined to the node loop. */
final class SiteLog {
    private static final System.Logger LOG = System.getLogger(SiteLog.class.getName());
    private static final long PERIOD_MS = 60_000;
    private static final int QUOTE_LENGTH_MAX = 200;

    private enum Kind {
        MISCONFIGURED,
        UNAVAILABLE,
        REMARK
    }

    private final LongSupplier clockMs;
    /** When a line of that kind was last written. */
    private final Map<Kind, Long> writtenAtMs = new HashMap<>();

    SiteLog(LongSupplier clockMs) {
        this.clockMs = clockMs;
    }

    /** Returns the line, written or not. */
    String misconfigured(String status, @Nullable String location) {
        String line = "The site answered the login check with " + quoted(status)
                + (location == null ? "" : ", Location: " + quoted(location))
                + ". Nobody is let in by that; for a browser that is not logged in, answer 401 instead";
        write(Kind.MISCONFIGURED, line);
        return line;
    }

    void unavailable(String why) {
        write(Kind.UNAVAILABLE, "The site does not answer the login check: " + quoted(why));
    }

    void remark(String words) {
        write(Kind.REMARK, "The site's answer to the login check: " + words);
    }

    private void write(Kind kind, String line) {
        long now = clockMs.getAsLong();
        Long last = writtenAtMs.get(kind);
        if (last == null || now - last >= PERIOD_MS) {
            writtenAtMs.put(kind, now);
            LOG.log(System.Logger.Level.WARNING, line);
        }
    }

    /** Foreign text in a log is printable, short and on one line, or it could pass for lines of ours. */
    static String quoted(String foreign) {
        String printable = foreign.replaceAll("[^ -~]", "?");
        return printable.length() <= QUOTE_LENGTH_MAX ? printable : printable.substring(0, QUOTE_LENGTH_MAX) + "...";
    }
}
