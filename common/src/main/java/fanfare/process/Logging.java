package fanfare.process;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** The log of a process, on standard error: as JSON, or for people one line an entry with time, level, class, message. */
public final class Logging {
    /** Of entries that did not find room. */
    private static final AtomicLong DROPPED = new AtomicLong();

    /** Logs a stack trace for each lost connection, of which {@link fanfare.redis.RedisLink} says all there is to say. */
    private static final Logger REDIS_CLIENT = Logger.getLogger("io.vertx.redis.client.impl");

    /**
     * Logs a stack trace when a peer resets its connection while a second request waits behind the first, since Vert.x
     * 5.0.10 then fails over the missing response. Anybody could fill the disk with them; the connection ends all the same.
     */
    private static final Logger FAILED_FAILURES = Logger.getLogger("io.netty.channel.AbstractChannelHandlerContext");

    private Logging() {}

    /** For a command that says itself whatever there is to say. */
    public static void silence() {
        LogManager.getLogManager().reset();
    }

    public static void install(LogFormat format) {
        System.setProperty(
                "java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL%1$tz %4$-7s %3$s - %5$s%6$s%n");
        LogManager.getLogManager().reset();
        LogWriter writer = new LogWriter(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.err)),
                format.isJson() ? new JsonLines() : new SimpleFormatter(),
                DROPPED);
        writer.start();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        root.addHandler(writer);
        REDIS_CLIENT.setLevel(Level.OFF);
        FAILED_FAILURES.setLevel(Level.OFF);
    }

    /** Waits until what was logged so far has been written; for whoever ends the process, or writes to standard error. */
    public static void flush() {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.flush();
        }
    }

    /** Counts what the log leaves out. */
    static void register(MeterRegistry metrics) {
        FunctionCounter.builder("fanfare_log_dropped_total", DROPPED, AtomicLong::get)
                .description(
                        "Log entries left out: too many waited to be written, or too many connections ended at once")
                .tag("reason", "waiting")
                .register(metrics);
    }
}
