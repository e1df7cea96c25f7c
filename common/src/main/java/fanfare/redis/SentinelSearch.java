package fanfare.redis;

import fanfare.config.Sentinels;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks sentinels where their master is. Safe on any thread. */
final class SentinelSearch implements Supplier<Future<String>> {
    private static final System.Logger LOG = System.getLogger(SentinelSearch.class.getName());

    private final Sentinels sentinels;
    private final Connector connector;
    /** Whose turn it is to be asked, so that one sentinel that is cut off with a dead master cannot mislead for long. */
    private final AtomicInteger turn = new AtomicInteger();
    /** The question that is under way, shared by all who ask meanwhile; guarded by this. */
    private @Nullable Future<String> searching;

    SentinelSearch(Sentinels sentinels, Connector connector) {
        this.sentinels = sentinels;
        this.connector = connector;
    }

    /** The master's connection string; completes on any thread. */
    @Override
    public Future<String> get() {
        Future<String> answer;
        synchronized (this) {
            if (searching != null) {
                return searching;
            }
            answer = ask(sentinels.servers().size());
            searching = answer;
        }
        answer.onComplete(done -> {
            synchronized (this) {
                searching = null;
            }
        });
        return answer;
    }

    private Future<String> ask(int left) {
        if (left == 0) {
            return Future.failedFuture("no sentinel knows a master " + sentinels.name());
        }
        List<String> servers = sentinels.servers();
        String server = servers.get(Math.floorMod(turn.getAndIncrement(), servers.size()));
        return address(sentinels.url(server))
                .recover(refusal -> String.valueOf(refusal.getMessage()).contains("NOAUTH")
                        ? address(sentinels.urlWithCredentials(server))
                        : Future.failedFuture(refusal))
                .recover(refusal -> {
                    LOG.log(System.Logger.Level.DEBUG, "sentinel {0}: {1}", server, refusal.getMessage());
                    return ask(left - 1);
                });
    }

    private Future<String> address(String sentinel) {
        return connector
                .once(
                        sentinel,
                        connection -> connection.send(Request.cmd(Command.SENTINEL)
                                .arg("GET-MASTER-ADDR-BY-NAME")
                                .arg(sentinels.name())))
                .compose(address -> address == null
                        ? Future.failedFuture("it knows no master " + sentinels.name())
                        : Future.succeededFuture(sentinels.urlWithCredentials(hostAndPort(address))));
    }

    private static String hostAndPort(Response address) {
        return ClusterNodes.hostAndPort(
                address.get(0).toString(), address.get(1).toString());
    }
}
