package fanfare.deploy.dev;

import java.io.IOException;

/** Says things to a Redis server over a connection for each, as the server may be started anew in between. Blocks the caller. */
public final class RedisAdmin {
    private static final int ANSWER_MS_MAX = 5_000;

    private final int port;

    public RedisAdmin(int port) {
        this.port = port;
    }

    public int port() {
        return port;
    }

    /** The answer, as {@link RedisClient#command} gives it. */
    public String command(String... words) throws IOException {
        try (RedisClient client = new RedisClient(port, ANSWER_MS_MAX)) {
            return client.command(words);
        }
    }
}
