package fanfare.testing;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the whole process logs while this is open. */
public final class RecordedLog extends Handler implements AutoCloseable {
    /** Netty's complaint about work for an event loop that a test has closed. */
    private static final String AFTER_THE_END = "io.netty.util.concurrent.DefaultPromise.rejectedExecution";

    /** What has no event loop left for a connection that came while a test closed it. */
    private static final String CLOSED_LOOPS = "io.vertx.core.net.impl.VertxEventLoopGroup";

    /** Where Netty logs what Vert.x fails over when a peer resets its connection while a second request waits. */
    private static final String FAILED_FAILURES = "io.netty.channel.AbstractChannelHandlerContext";

    /** What it takes to recognise the place in a report that shows the first line only. */
    private static final int FRAMES_SHOWN = 8;

    private static final String REDIS_CLIENT = "io.vertx.redis.client.";

    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    /** The messages of those bugs that a test makes on purpose. */
    private final Set<String> made = ConcurrentHashMap.newKeySet();

    private RecordedLog() {}

    public static RecordedLog start() {
        RecordedLog log = new RecordedLog();
        Logger.getLogger("").addHandler(log);
        return log;
    }

    public List<LogRecord> records() {
        return List.copyOf(records);
    }

    /** A bug with this message will be the test's own. */
    public void expect(String message) {
        made.add(message);
    }

    /** Nothing so far was logged as a bug is. */
    public void assertNoStackTraces() {
        for (LogRecord entry : records) {
            Throwable thrown = entry.getThrown();
            if (thrown != null
                    && !made.contains(String.valueOf(thrown.getMessage()))
                    && !isExpected(String.valueOf(entry.getLoggerName()), thrown)) {
                throw new AssertionError(
                        "%s logged a stack trace: %s at %s"
                                .formatted(
                                        entry.getLoggerName(),
                                        thrown,
                                        List.of(thrown.getStackTrace()).stream()
                                                .limit(FRAMES_SHOWN)
                                                .toList()),
                        thrown);
            }
        }
    }

    /** What the libraries log of a lost connection; the Redis client also asserts that a connection ends but once. */
    private static boolean isExpected(String by, Throwable thrown) {
        StackTraceElement[] frames = thrown.getStackTrace();
        return by.equals(AFTER_THE_END)
                || (by.equals(FAILED_FAILURES) && thrown instanceof IOException)
                || by.startsWith(REDIS_CLIENT)
                || (frames.length > 0
                        && (frames[0].getClassName().startsWith(REDIS_CLIENT)
                                || frames[0].getClassName().equals(CLOSED_LOOPS)));
    }

    @Override
    public void publish(LogRecord entry) {
        records.add(entry);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        Logger.getLogger("").removeHandler(this);
    }
}
