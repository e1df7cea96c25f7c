package fanfare.redis;

import fanfare.config.RedisConfig;
import fanfare.config.Sentinels;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the master of a {@link Shard} is said to be, and which masters are dead: what all links to it of a process know
 * together. Safe on any thread.
 *
 * <p>A master that was cut off goes on taking publications and subscribers until somebody tells it. So every
 * {@value #LOOK_MS} ms, and whenever a link connects, it is asked anew where the master is, and links to any other are
 * dropped. A promoted master names the history that it took over: that history is dead, and no link is left on it.
 */
public final class Masters {
    /** How often the master is looked for while links are open [ms]. */
    static final int LOOK_MS = 10_000;

    private static final System.Logger LOG = System.getLogger(Masters.class.getName());
    /** Fail-overs remembered. A master that was dead 64 fail-overs ago has long been told. */
    private static final int DEAD_MAX = 64;

    private final Vertx vertx;
    private final Connector connector;
    private final Supplier<Future<String>> search;
    private final int lookMs;
    private final Context context;
    private final Set<RedisLink> links = ConcurrentHashMap.newKeySet();
    /** Histories that a later master took over, oldest first; guarded by this. */
    private final Set<String> dead = new LinkedHashSet<>();
    /** Ticks while there are links; guarded by this. */
    private @Nullable Long timer;

    /** @param search where the master is at present, as a connection string; may be asked and completes on any thread */
    Masters(Vertx vertx, Connector connector, Supplier<Future<String>> search, int lookMs) {
        this.vertx = vertx;
        this.connector = connector;
        this.search = search;
        this.lookMs = lookMs;
        this.context = vertx.getOrCreateContext();
    }

    /**
     * Those of a single server, or of one that sentinels know.
     *
     * @param lookMs how often the master is looked for while links are open [ms]
     */
    static Masters of(Vertx vertx, RedisConfig config, int lookMs) {
        Connector connector = new Connector(vertx, config.caFile());
        Sentinels sentinels = Sentinels.parse(config.url());
        return new Masters(
                vertx,
                connector,
                sentinels == null
                        ? () -> Future.succeededFuture(config.url())
                        : new SentinelSearch(sentinels, connector),
                lookMs);
    }

    /** Whether a later master has taken this one's place. */
    public synchronized boolean isDead(String replid) {
        return dead.contains(replid);
    }

    /** The connection string of the server that is said to be the master; completes on any thread. */
    Future<String> locate() {
        return search.get();
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
        return connector.options(connectionString);
    }

    /** Asks one question on a connection of its own. */
    Future<Response> once(String where, Function<RedisConnection, Future<Response>> question) {
        return connector.once(where, question);
    }

    private synchronized boolean bury(String replid) {
        boolean news = dead.add(replid);
        if (dead.size() > DEAD_MAX) {
            dead.remove(dead.iterator().next());
        }
        return news;
    }

    /** Looks at once: something says that another server is the master now. */
    void lookNow() {
        context.runOnContext(turn -> look());
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
}
