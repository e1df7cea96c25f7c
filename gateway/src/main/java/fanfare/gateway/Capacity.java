package fanfare.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many sessions a gateway takes: as many as were asked for, if this process has the files and the memory for them. Beyond
 * these not even a refusal could be said. README.md has the sum, whose figures are `./deploy/bench memory`'s and `storm`'s.
 */
final class Capacity {
    private static final System.Logger LOG = System.getLogger(Capacity.class.getName());

    /** Of so many files, one is kept for what is no session: Redis, the site, other gateways, refusals. */
    private static final int FILES_KEPT_OF = 20;
    /** But no fewer than these. */
    private static final int FILES_KEPT_MIN = 100;
    /** Of so many bytes of the heap, one is kept for what does not grow with sessions: kept messages, code's own. */
    private static final int HEAP_KEPT_OF = 4;
    /** An idle one has 3.2 KB, but 16.4 KB as a request that waits to be let in, which all do when all come at once. */
    private static final int HEAP_BYTES = 20 << 10;
    /** What the JDK's engine has for a connection besides: 12.7 KB, and its garbage. */
    private static final int TLS_BYTES = 16 << 10;
    /** An idle one has no buffer; this is for some who read slowly, and stand for the others. */
    private static final int BUFFER_BYTES = 2 << 10;

    private static final long UNKNOWN = Long.MAX_VALUE;

    /** What may set the bound. */
    enum By {
        SETTING("setting", "FANFARE_CONNECTIONS_MAX"),
        FILES("files", "the files that this process may have open (ulimit -n)"),
        HEAP("heap", "its heap (-Xmx)"),
        BUFFERS("buffers", "its memory for buffers (-XX:MaxDirectMemorySize)");

        private final String label;
        private final String meaning;

        By(String label, String meaning) {
            this.label = label;
            this.meaning = meaning;
        }
    }

    private final Map<By, Integer> bounds = new EnumMap<>(By.class);

    /**
     * Makes the sum.
     *
     * @param asked for by the operator; 0 for as many as there may be
     * @param tls whether connections are encrypted here
     * @param files that the process may have open
     */
    Capacity(int asked, boolean tls, long files, long heapBytes, long bufferBytes) {
        if (asked > 0) {
            bounds.put(By.SETTING, asked);
        }
        bounds.put(By.FILES, whole(files - Math.max(FILES_KEPT_MIN, files / FILES_KEPT_OF)));
        bounds.put(By.HEAP, whole((heapBytes - heapBytes / HEAP_KEPT_OF) / (HEAP_BYTES + (tls ? TLS_BYTES : 0))));
        bounds.put(By.BUFFERS, whole(bufferBytes / BUFFER_BYTES));
    }

    /** Of this process. */
    static Capacity of(int asked, boolean tls) {
        long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : UNKNOWN;
        return new Capacity(asked, tls, files, Runtime.getRuntime().maxMemory(), PlatformDependent.maxDirectMemory());
    }

    int sessionsMax() {
        return bound(least());
    }

    /** What that number comes from. */
    By least() {
        return bounds.entrySet().stream()
                .min(Comparator.comparingInt(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }

    private int bound(By by) {
        return bounds.getOrDefault(by, Integer.MAX_VALUE);
    }

    void register(MeterRegistry metrics) {
        // Suppliers are kept by the registry; of an object it would know no more than whether others keep it.
        int limit = sessionsMax();
        Gauge.builder("fanfare_connection_limit", () -> limit)
                .description("Sessions that this gateway takes")
                .register(metrics);
        bounds.forEach((by, bound) -> Gauge.builder("fanfare_connection_bound", () -> bound)
                .description("Sessions that there may be by one thing alone; the least is the limit")
                .tag("by", by.label)
                .register(metrics));
    }

    /** Says in the log how many there may be and why, and warns whoever asked for more. */
    void tell() {
        boolean less = bounds.containsKey(By.SETTING) && least() != By.SETTING;
        LOG.log(
                less ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
                "takes {0,number,#} sessions at most{1}, by {2}",
                sessionsMax(),
                less ? " and not the %d of FANFARE_CONNECTIONS_MAX".formatted(bound(By.SETTING)) : "",
                least().meaning);
    }

    private static int whole(long bound) {
        return (int) Math.max(1, Math.min(bound, Integer.MAX_VALUE));
    }
}
