package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.dev.RedisClient;
import fanfare.redis.Keys;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The publish script, called without the broker. Its arguments are those of a call of the broker's that MONITOR showed, so
 * that there is one place that knows them; only user and id are others each time.
 */
final class RecordedScript {
    private static final Duration PUBLISH_MAX = Duration.ofSeconds(10);
    private static final Channel CHANNEL = Publishing.user(0);
    private static final String ID = "recorded-0000000000";
    /** The call itself; what the script does inside is shown too. */
    private static final Pattern CALL = Pattern.compile("(?i)\\] \"evalsha\" .*" + ID);
    /** As MONITOR writes a word, and what is escaped in ours: quotes and backslashes. */
    private static final Pattern WORD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    private static final Pattern ESCAPED = Pattern.compile("\\\\([\"\\\\])");

    /** Place of the argument in the call: behind command, script, number of keys, three keys and eight arguments. */
    private static final int HIGHEST_GENERATION = 14;

    private final Keys keys;
    private final List<String> words;
    private final String fence;
    private final String kept;
    private final String live;
    private final String once;

    private RecordedScript(Keys keys, List<String> words) {
        this.keys = keys;
        this.words = words;
        this.fence = keys.fence(CHANNEL);
        this.kept = keys.kept(CHANNEL);
        this.live = keys.live(CHANNEL);
        this.once = keys.once(CHANNEL, ID);
    }

    /** Publishes once; the script must be known to Redis already. */
    static RecordedScript record(int redisPort, Loop loop, Publishing publishing, String data)
            throws IOException, InterruptedException {
        try (RedisClient monitor = new RedisClient(redisPort, (int) PUBLISH_MAX.toMillis())) {
            monitor.command("MONITOR");
            loop.await("a publication", PUBLISH_MAX, () -> publishing.publish(CHANNEL, ID, data));
            String line = monitor.line();
            while (!CALL.matcher(line).find()) {
                line = monitor.line();
            }
            List<String> words = new ArrayList<>();
            for (Matcher word = WORD.matcher(line); word.find(); ) {
                words.add(ESCAPED.matcher(word.group(1)).replaceAll("$1"));
            }
            // What the broker knows of this user's slot says nothing of another's.
            words.set(HIGHEST_GENERATION, "0");
            return new RecordedScript(publishing.keys(), words.subList(1, words.size()));
        }
    }

    Request call(Channel channel, int number) {
        String id = "repeated-%010d".formatted(number);
        Request request = Request.cmd(Command.EVALSHA);
        for (String word : words) {
            if (word.equals(fence)) {
                request.arg(keys.fence(channel));
            } else if (word.equals(kept)) {
                request.arg(keys.kept(channel));
            } else if (word.equals(live)) {
                request.arg(keys.live(channel));
            } else if (word.equals(once)) {
                request.arg(keys.once(channel, id));
            } else {
                request.arg(word.replace(ID, id));
            }
        }
        return request;
    }
}
