package fanfare.redis;

import fanfare.process.Alarm;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One owned connection to the Redis master, which comes back by itself after a loss, with back-off and full jitter.
 * Commands of one tick leave in one write, unless {@link #flush} parts them. Confined to the event loop on which it was
 * made; only {@link #isUp} may be asked from elsewhere.
 *
 * <p>A library's pool would reconnect behind our back and give the new connection the old one's identity; so each
 * connection here has a client of its own, and reads the master's replication id before anything else uses it.
 */
public final class RedisLink {
    /** What a link tells its owner, on the link's event loop. */
    public interface Listener {
        /** The link can be used; {@link #replid} says which master this is. */
        default void up() {}

        /** The link was lost; everything under way on it has failed. */
        default void down() {}

        /** A pub/sub message or acknowledgement arrived. */
        default void push(Response message) {}
    }

    private static final System.Logger LOG = System.getLogger(RedisLink.class.getName());

    /** Connecting, greeting and asking for the identity take no longer than this [ms]. */
    private static final int CONNECT_MS_MAX = 5_000;
    /** Silence on a connection that owes an answer for this long means that it is dead [ms]. */
    private static final int ANSWER_MS_MAX = 5_000;

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final int BACKOFF_MS_FIRST = 50;
    private static final int BACKOFF_MS_MAX = 2_000;
    /** Commands that may wait for their answers; beyond it callers are refused, which bounds the memory. */
    private static final int WAITING_MAX = 65_536;

    private record Call(Request request, Promise<Response> promise) {}

    private final Vertx vertx;
    private final Context context;
    private final Masters masters;
    private final String name;
    private final DoubleSupplier random;
    private final Listener listener;
    private final MeterRegistry metrics;
    private final Gauge gauge;
    /** Rings for a look whether answers come. */
    private final Alarm alarm;
    /** Read by metrics and health checks from other threads. */
    private final AtomicBoolean up = new AtomicBoolean();

    /** What the current connection lives in; null while there is none. */
    private @Nullable Redis client;

    /** Null while the link is down. */
    private @Nullable RedisConnection connection;

    /** Connection string of the server behind the current connection. */
    private String server = "";
    /** Identity of the master behind the current connection; the last one's while the link is down. */
    private String replid = "";
    /** Commands of this tick that leave together. */
    private List<Call> queued = new ArrayList<>();
    /** Commands sent and not answered. */
    private int waiting;
    /** When the connection last answered, or when it began to owe an answer, [ns]. */
    private long answeredAt;
    /** Connects in a row that failed. */
    private int failures;

    private boolean closed;

    /** Makes a link of the current event loop to wherever the master is; {@code random} gives numbers from 0 to 1. */
    public RedisLink(
            Vertx vertx,
            Masters masters,
            String name,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener listener) {
        this.vertx = vertx;
        this.alarm = new Alarm(vertx, LOOK, this::look);
        this.context = vertx.getOrCreateContext();
        this.name = name;
        this.random = random;
        this.listener = listener;
        this.masters = masters;
        this.metrics = metrics;
        this.gauge = Gauge.builder("fanfare_redis_link_up", up, flag -> flag.get() ? 1 : 0)
                .description("1 while the connection to Redis can be used")
                .tag("link", name)
                .register(metrics);
    }

    /** Connects, now and after every loss, until {@link #close}. */
    public void open() {
        masters.join(this);
        connect();
    }

    public Future<Void> close() {
        closed = true;
        // A shard may be given up while the process lives, and nobody is to look for it.
        metrics.remove(gauge);
        masters.leave(this);
        Redis last = client;
        lose("closed");
        return last == null ? Future.succeededFuture() : last.close();
    }

    /** Whether the link can be used; may be asked on any thread. */
    public boolean isUp() {
        return up.get();
    }

    /** The replication id of the master that this connection reached: new at each start and each promotion. */
    public String replid() {
        return replid;
    }

    /** {@code host:port} of the server that this connection reached, or the last one did. */
    String address() {
        return server.substring(Math.max(server.lastIndexOf('/'), server.lastIndexOf('@')) + 1);
    }

    /**
     * Sends a command at the end of this tick. It must be safe to send twice: when one command of a write is answered by an
     * error, all of them are sent again one by one, since the library gives a batch one outcome only.
     *
     * @return fails with {@link RedisDownException} when there was no connection or it was lost
     */
    public Future<Response> send(Request request) {
        if (connection == null) {
            return Future.failedFuture(new RedisDownException("no connection to Redis"));
        }
        if (waiting + queued.size() >= WAITING_MAX) {
            return Future.failedFuture(new RedisDownException("too many commands wait for Redis"));
        }
        Promise<Response> promise = Promise.promise();
        queued.add(new Call(request, promise));
        if (queued.size() == 1) {
            context.runOnContext(tick -> flush());
        }
        return promise.future();
    }

    /**
     * Sends commands in this order and in one write, never twice.
     *
     * @return fails if any command fails, whatever became of the others; with {@link RedisDownException} as
     *     {@link #send} does
     */
    public Future<List<Response>> batch(List<Request> requests) {
        RedisConnection current = connection;
        if (current == null) {
            return Future.failedFuture(new RedisDownException("no connection to Redis"));
        }
        owes(requests.size());
        return current.batch(requests)
                .onComplete(result -> answered(current, requests.size()))
                .recover(failure -> Future.failedFuture(told(failure)));
    }

    /** Sends SUBSCRIBE or UNSUBSCRIBE, whose acknowledgements arrive at {@link Listener#push}. */
    public void subscribing(Command command, List<String> channels) {
        RedisConnection current = connection;
        if (current != null && !channels.isEmpty()) {
            Request request = Request.cmd(command);
            channels.forEach(request::arg);
            current.send(request).onFailure(failure -> lose(current, String.valueOf(failure.getMessage())));
        }
    }

    /** Leaves what Redis sends with the network, or goes on; the next connection does not wait. */
    public void pause(boolean on) {
        RedisConnection current = connection;
        if (current != null) {
            var unused = on ? current.pause() : current.resume();
        }
    }

    /** Drops the connection, for instance because what came over it made no sense, and makes a new one. */
    public void reconnect(String reason) {
        if (connection != null) {
            lose(reason);
            connectLater();
        }
    }

    /** Drops a connection to a master whose place a later one has taken; from any thread. */
    void leaveTheDead() {
        context.runOnContext(turn -> {
            if (masters.isDead(replid)) {
                reconnect("a later master has taken its place");
            }
        });
    }

    /**
     * Drops a connection to another master than this one; from any thread. The identity decides and not the address, of
     * which two sentinels may know two names.
     */
    void leaveUnless(String masterReplid) {
        context.runOnContext(turn -> {
            if (!replid.equals(masterReplid)) {
                reconnect("the master is elsewhere");
            }
        });
    }

    /** Drops a connection to this server, which is no master any more; from any thread. */
    void leave(String demoted) {
        context.runOnContext(turn -> {
            if (server.equals(demoted)) {
                reconnect("it is no master any more");
            }
        });
    }

    private void connect() {
        if (!closed) {
            masters.locate()
                    .onComplete(where -> context.runOnContext(turn -> {
                        if (closed) {
                            return;
                        }
                        if (where.succeeded()) {
                            connect(where.result());
                        } else {
                            failed(where.cause());
                        }
                    }));
        }
    }

    private void connect(String where) {
        Redis attempt = Redis.createClient(vertx, masters.options(where).setMaxWaitingHandlers(WAITING_MAX));
        client = attempt;
        attempt.connect()
                .compose(made -> made.send(Request.cmd(Command.INFO).arg("replication"))
                        .compose(info -> adopt(attempt, made, where, info.toString())))
                .timeout(CONNECT_MS_MAX, TimeUnit.MILLISECONDS)
                .onFailure(failure -> {
                    if (attempt == client) {
                        client = null;
                        failed(failure);
                    }
                    attempt.close();
                });
    }

    private void failed(Throwable failure) {
        failures++;
        if (failures == 1) {
            LOG.log(System.Logger.Level.WARNING, "Redis link {0}: {1}", name, failure.getMessage());
        }
        connectLater();
    }

    private Future<Void> adopt(Redis attempt, RedisConnection made, String where, String info) {
        Replication replication = Replication.parse(info);
        String objection = replication == null ? "it does not say who it is" : masters.objection(replication);
        if (replication == null || objection != null) {
            return Future.failedFuture(String.valueOf(objection));
        }
        if (closed || client != attempt) {
            return Future.failedFuture("came too late");
        }
        server = where;
        replid = replication.replid();
        connection = made;
        failures = 0;
        waiting = 0;
        answeredAt = System.nanoTime();
        made.exceptionHandler(failure -> lose(made, String.valueOf(failure.getMessage())));
        made.endHandler(end -> lose(made, "the connection ended"));
        made.handler(listener::push);
        up.set(true);
        LOG.log(System.Logger.Level.DEBUG, "Redis link {0} is up", name);
        listener.up();
        return Future.succeededFuture();
    }

    private void connectLater() {
        double ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * Math.pow(2, Math.min(failures, 10)));
        vertx.setTimer(1 + (long) (ceiling * random.getAsDouble()), timer -> connect());
    }

    private void lose(RedisConnection lost, String reason) {
        if (lost == connection) {
            lose(reason);
            connectLater();
        }
    }

    private void lose(String reason) {
        Redis last = client;
        boolean wasUp = connection != null;
        client = null;
        connection = null;
        up.set(false);
        List<Call> unsent = queued;
        queued = new ArrayList<>();
        unsent.forEach(call -> call.promise().fail(new RedisDownException("lost Redis: " + reason)));
        if (last != null) {
            last.close();
        }
        if (wasUp) {
            if (!closed) {
                LOG.log(System.Logger.Level.WARNING, "Redis link {0} lost: {1}", name, reason);
            }
            listener.down();
        }
    }

    /** Sends at once what {@link #send} was given in this tick: its answers do not wait for those to what is sent after it. */
    public void flush() {
        List<Call> calls = queued;
        RedisConnection current = connection;
        if (calls.isEmpty() || current == null) {
            return;
        }
        queued = new ArrayList<>();
        if (calls.size() == 1) {
            alone(current, calls.get(0));
            return;
        }
        owes(calls.size());
        current.batch(calls.stream().map(Call::request).toList()).onComplete(result -> {
            answered(current, calls.size());
            if (result.succeeded()) {
                for (int i = 0; i < calls.size(); i++) {
                    calls.get(i).promise().complete(result.result().get(i));
                }
            } else if (current == connection) {
                calls.forEach(call -> alone(current, call));
            } else {
                calls.forEach(call -> call.promise().fail(down(result.cause())));
            }
        });
    }

    private void alone(RedisConnection current, Call call) {
        owes(1);
        current.send(call.request()).onComplete(result -> {
            answered(current, 1);
            if (result.succeeded()) {
                call.promise().complete(result.result());
            } else {
                call.promise().fail(told(result.cause()));
            }
        });
    }

    private void answered(RedisConnection by, int count) {
        if (by == connection) {
            waiting -= count;
            answeredAt = System.nanoTime();
        }
    }

    private void owes(int answers) {
        if (waiting == 0) {
            answeredAt = System.nanoTime();
        }
        waiting += answers;
        alarm.set();
    }

    /** Goes on for as long as answers are owed whenever it looks, so that a link without a task wakes nobody up. */
    private void look() {
        if (connection != null && waiting > 0) {
            long silentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - answeredAt);
            if (silentMs > ANSWER_MS_MAX) {
                reconnect("no answer for " + silentMs + " ms");
            } else {
                alarm.set();
            }
        }
    }

    /** An answer of Redis as it is, anything else as the loss of it. */
    private static Throwable told(Throwable cause) {
        return cause instanceof ErrorType error && !error.is("CONNECTION_CLOSED") ? error : down(cause);
    }

    private static RedisDownException down(Throwable cause) {
        return new RedisDownException("lost Redis: " + cause.getMessage(), cause);
    }
}
