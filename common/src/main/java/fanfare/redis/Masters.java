package fanfare.redis;

import fanfare.config.RedisConfig;
import fanfare.config.Sentinels;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the master is said to be, and which masters are dead: what all links of a process know together. One for each
 * process, safe on any thread.
 *
 * <p>A master that was cut off goes on taking publications and subscribers until somebody tells it. So every
 * {@value #LOOK_MS} ms, and whenever a link connects, it is asked anew where the master is, and links to any other are
 * dropped. A promoted master names the history that it took over: that history is dead, and no link is left on it.
 */
public final class Masters {
    /** How often the master is looked for while links are open [ms]. */
    static final int LOOK_MS = 10_000;

    private static final System.Logger LOG = System.getLogger(Masters.class.getName());
    /** A sentinel or server that says nothing for so long is passed over [ms]. */
    private static final int ANSWER_MS_MAX = 2_000;
    /** Fail-overs remembered. A master that was dead 64 fail-overs ago has long been told. */
    private static final int DEAD_MAX = 64;

    private final Vertx vertx;
    private final int lookMs;
    private final Context context;
    private final String url;
    private final String caFile;
    private final @Nullable Sentinels sentinels;
    private final Set<RedisLink> links = ConcurrentHashMap.newKeySet();
    /** Whose turn it is to be asked, so that one sentinel that is cut off with a dead master cannot mislead for long. */
    private final AtomicInteger turn = new AtomicInteger();
    /** Histories that a later master took over, oldest first; guarded by this. */
    private final Set<String> dead = new LinkedHashSet<>();
    /** The question that is under way, shared by all who ask meanwhile; guarded by this. */
    private @Nullable Future<String> locating;
    /** Ticks while there are links; guarded by this. */
    private @Nullable Long timer;

    public Masters(Vertx vertx, RedisConfig config) {
        this(vertx, config, LOOK_MS);
    }

    /** For tests that do not wait as long. */
    Masters(Vertx vertx, RedisConfig config, int lookMs) {
        this.vertx = vertx;
        this.lookMs = lookMs;
        this.context = vertx.getOrCreateContext();
        this.url = config.url();
        this.caFile = config.caFile();
        this.sentinels = Sentinels.parse(url);
    }

    /** Whether a later master has taken this one's place. */
    public synchronized boolean isDead(String replid) {
        return dead.contains(replid);
    }

    /** The connection string of the server that is said to be the master; completes on any thread. */
    Future<String> locate() {
        Sentinels asked = sentinels;
        if (asked == null) {
            return Future.succeededFuture(url);
        }
        Future<String> answer;
        synchronized (this) {
            if (locating != null) {
                return locating;
            }
            answer = ask(asked, asked.servers().size());
            locating = answer;
        }
        answer.onComplete(done -> {
            synchronized (this) {
                locating = null;
            }
        });
        return answer;
    }

    /**
     * Takes note of what a server says of itself.
     *
     * @return why it cannot be used; null if it can
     */
    @Nullable
    String objection(Replication replication) {
        if (!replication.master()) {
            return "the server at the other end is no master";
        }
        if (isDead(replication.replid())) {
            return "a later master has taken the place of the server at the other end";
        }
        String former = replication.formerReplid();
        if (former != null && bury(former)) {
            LOG.log(System.Logger.Level.INFO, "Redis has a new master; {0} is history", former);
            links.forEach(RedisLink::leaveTheDead);
        }
        return null;
    }

    void join(RedisLink link) {
        links.add(link);
        synchronized (this) {
            if (timer == null) {
                timer = vertx.setPeriodic(lookMs, tick -> context.runOnContext(turn -> look()));
            }
        }
    }

    void leave(RedisLink link) {
        links.remove(link);
        synchronized (this) {
            if (links.isEmpty() && timer != null) {
                vertx.cancelTimer(timer);
                timer = null;
            }
        }
    }

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

    private synchronized boolean bury(String replid) {
        boolean news = dead.add(replid);
        if (dead.size() > DEAD_MAX) {
            dead.remove(dead.iterator().next());
        }
        return news;
    }

    /** Drops every link that goes to another server than the master, or to what was the master. */
    private void look() {
        locate().compose(where -> once(
                        where,
                        connection -> connection.send(Request.cmd(Command.INFO).arg("replication")))
                .onSuccess(info -> {
                    Replication replication = Replication.parse(info.toString());
                    // A sentinel may be the last to learn of a fail-over: only a master that can be used drops links.
                    if (replication != null && objection(replication) == null) {
                        links.forEach(link -> link.leaveUnless(replication.replid()));
                    } else if (replication != null && !replication.master()) {
                        links.forEach(link -> link.leave(where));
                    }
                }));
    }

    private Future<String> ask(Sentinels asked, int left) {
        if (left == 0) {
            return Future.failedFuture("no sentinel knows a master " + asked.name());
        }
        List<String> servers = asked.servers();
        String server = servers.get(Math.floorMod(turn.getAndIncrement(), servers.size()));
        return address(asked.url(server), asked)
                .recover(refusal -> String.valueOf(refusal.getMessage()).contains("NOAUTH")
                        ? address(asked.urlWithCredentials(server), asked)
                        : Future.failedFuture(refusal))
                .recover(refusal -> {
                    LOG.log(System.Logger.Level.DEBUG, "sentinel {0}: {1}", server, refusal.getMessage());
                    return ask(asked, left - 1);
                });
    }

    private Future<String> address(String sentinel, Sentinels asked) {
        return once(
                        sentinel,
                        connection -> connection.send(Request.cmd(Command.SENTINEL)
                                .arg("GET-MASTER-ADDR-BY-NAME")
                                .arg(asked.name())))
                .compose(address -> address == null
                        ? Future.failedFuture("it knows no master " + asked.name())
                        : Future.succeededFuture(asked.urlWithCredentials(hostAndPort(address))));
    }

    private static String hostAndPort(Response address) {
        String host = address.get(0).toString();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.get(1);
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
