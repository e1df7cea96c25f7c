package fanfare.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Response;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * How servers of Redis are connected to.
 *
 * @param caFile PEM, empty for the authorities that the JDK trusts
 */
record Connector(Vertx vertx, String caFile) {
    /** A server that says nothing for so long is passed over [ms]. */
    private static final int ANSWER_MS_MAX = 2_000;

    RedisOptions options(String connectionString) {
        NetClientOptions network = new NetClientOptions()
                .setConnectTimeout(ANSWER_MS_MAX)
                // Without it rediss:// fails whatever the certificate says; to plain connections it is nothing.
                .setHostnameVerificationAlgorithm("HTTPS")
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true);
        if (!caFile.isEmpty()) {
            // Each connection reads it anew, and so knows of a change.
            network.setTrustOptions(new PemTrustOptions().addCertPath(caFile));
        }
        return new RedisOptions()
                .setConnectionString(connectionString)
                .setMaxPoolSize(1)
                .setMaxPoolWaiting(1)
                .setPoolCleanerInterval(-1)
                .setPoolRecycleTimeout(-1)
                .setNetClientOptions(network);
    }

    /** Asks one question on a connection of its own. */
    Future<Response> once(String where, Function<RedisConnection, Future<Response>> question) {
        Redis client = Redis.createClient(vertx, options(where));
        return client.connect()
                .compose(question)
                .timeout(ANSWER_MS_MAX, TimeUnit.MILLISECONDS)
                .eventually(client::close);
    }
}
