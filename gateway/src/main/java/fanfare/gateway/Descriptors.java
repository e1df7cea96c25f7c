package fanfare.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many connections the process's file descriptors allow for: beyond them not even a refusal could be said. */
final class Descriptors {
    private static final System.Logger LOG = System.getLogger(Descriptors.class.getName());

    /** Of so many, one is kept for what is no session: Redis, the site, other gateways, refusals, files. */
    private static final int KEPT_OF = 20;
    /** But no fewer than these. */
    private static final int KEPT_MIN = 100;

    private static final long UNKNOWN = Long.MAX_VALUE;

    private Descriptors() {}

    /** What this process may have open; very many where that cannot be known. */
    static long limit() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : UNKNOWN;
    }

    /** How many sessions there may be, with a line in the log if that is fewer than were asked for. */
    static int sessionsMax(int asked, long limit) {
        long allowed = limit - Math.max(KEPT_MIN, limit / KEPT_OF);
        if (asked <= allowed) {
            return asked;
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "takes {0,number,#} sessions at most and not the {1,number,#} of FANFARE_CONNECTIONS_MAX: this process may have"
                        + " {2,number,#} open files (ulimit -n), of which some are kept for other uses",
                allowed,
                asked,
                limit);
        return (int) allowed;
    }
}
