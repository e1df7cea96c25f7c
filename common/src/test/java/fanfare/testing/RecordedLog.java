package fanfare.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the whole process logs while this is open. */
public final class RecordedLog extends Handler {
    /** Netty's complaint about work for an event loop that a test has closed. */
    private static final String AFTER_THE_END = "io.netty.util.concurrent.DefaultPromise.rejectedExecution";

    private static final String REDIS_CLIENT = "io.vertx.redis.client.";

    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    private RecordedLog() {}

    public static RecordedLog start() {
        RecordedLog log = new RecordedLog();
        Logger.getLogger("").addHandler(log);
        return log;
    }

    public List<LogRecord> records() {
        return List.copyOf(records);
    }

    /** Nothing so far was logged as a bug is; a Redis client of the test's own may well complain of what befell it. */
    public void assertNoStackTraces() {
        for (LogRecord entry : records) {
            String by = String.valueOf(entry.getLoggerName());
            if (entry.getThrown() != null && !by.equals(AFTER_THE_END) && !by.startsWith(REDIS_CLIENT)) {
                throw new AssertionError(entry.getLoggerName() + " logged a stack trace", entry.getThrown());
            }
        }
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
