package fanfare.deploy.bench;

import fanfare.deploy.dev.RedisClient;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a Redis server tells of itself, over one connection that costs it little. Blocks the caller. */
final class RedisMeter implements AutoCloseable {
    /** Long: a benchmark may have it empty itself of millions of keys. */
    private static final int ANSWER_MS_MAX = 60_000;

    private final RedisClient client;

    RedisMeter(int port) throws IOException {
        this.client = new RedisClient(port, ANSWER_MS_MAX);
    }

    /** Whatever else there is to say; the answer is as {@link RedisClient#command} gives it. */
    String command(String... words) throws IOException {
        return client.command(words);
    }

    /** One number of INFO. */
    double info(String section, String field) throws IOException {
        return first(command("INFO", section), field + ":([0-9.]+)");
    }

    /** What Redis has spent until now, in its own code and in the kernel's [us]. */
    long cpuMicros() throws IOException {
        String cpu = command("INFO", "cpu");
        return Math.round(1e6 * (first(cpu, "used_cpu_user:([0-9.]+)") + first(cpu, "used_cpu_sys:([0-9.]+)")));
    }

    /** What Redis has spent inside of a command since its statistics were reset [us]; 0 if nobody called it. */
    long commandMicros(String command) throws IOException {
        return commandFigure(command, "usec");
    }

    /** How often a command was called since Redis' statistics were reset. */
    long commandCalls(String command) throws IOException {
        return commandFigure(command, "calls");
    }

    private long commandFigure(String command, String field) throws IOException {
        Matcher matcher = Pattern.compile("cmdstat_" + command + ":.*?\\b" + field + "=(\\d+)")
                .matcher(command("INFO", "commandstats"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** How many subscriptions there are in all, to channels of all servers and of a shard's. */
    long subscriptions() throws IOException {
        return Pattern.compile(" s?sub=(\\d+)")
                .matcher(command("CLIENT", "LIST", "TYPE", "pubsub"))
                .results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .sum();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    private static double first(String text, String pattern) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IOException("Redis does not tell " + pattern);
        }
        return Double.parseDouble(matcher.group(1));
    }
}
