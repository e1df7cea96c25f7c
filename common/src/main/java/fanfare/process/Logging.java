package fanfare.process;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** One line an entry on standard error: time, level, class, message. */
public final class Logging {
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

    public static void install() {
        System.setProperty(
                "java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL%1$tz %4$-7s %3$s - %5$s%6$s%n");
        LogManager.getLogManager().reset();
        ConsoleHandler console = new ConsoleHandler();
        console.setFormatter(new SimpleFormatter());
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        root.addHandler(console);
        REDIS_CLIENT.setLevel(Level.OFF);
        FAILED_FAILURES.setLevel(Level.OFF);
    }
}
