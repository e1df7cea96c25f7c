package fanfare.deploy.bench.audience;

import fanfare.config.Env;
import fanfare.deploy.bench.Pipeline;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code deploy.jar bench audience PORT FIRST USERS}: the browsers of a benchmark, which tells over HTTP what they shall do and
 * asks what they heard. {@code first} and {@code count} say which of them are meant.
 */
public final class Audience extends VerticleBase {
    private static final System.Logger LOG = System.getLogger(Audience.class.getName());
    private static final String LOOPBACK = "127.0.0.1";
    private static final int CONNECT_MS_MAX = 60_000;
    private static final int TRIES_MAX = 20;
    private static final int RETRY_MS_MAX = 1_000;
    private static final int TROUBLES_LOGGED = 20;

    private final int controlPort;
    private final List<Guest> guests = new ArrayList<>();
    private final Delays delays = new Delays();
    /** Null until somebody wants to know of each note. */
    private @Nullable Arrivals arrivals;

    private byte[] scratch = new byte[1 << 12];
    private long heard;
    /** How often somebody was turned away and came again. */
    private int retries;
    /** Notes to somebody else, gaps, errors, connections that a gateway closed. */
    private int troubles;

    private Audience(int controlPort, int firstUser, int users) {
        this.controlPort = controlPort;
        for (int i = 0; i < users; i++) {
            guests.add(new Guest(firstUser + i));
        }
    }

    /** Goes on after the return, until the process is ended or the one that started it has gone. */
    public static void run(List<String> arguments) {
        Logging.install(LogFormat.TEXT);
        Parent.watch(
                Parent.pid(new Env(System.getenv())), () -> Runtime.getRuntime().halt(1));
        Vertx.vertx()
                .deployVerticle(new Audience(
                        Integer.parseInt(arguments.get(0)),
                        Integer.parseInt(arguments.get(1)),
                        Integer.parseInt(arguments.get(2))))
                .onFailure(failure -> {
                    LOG.log(System.Logger.Level.ERROR, "cannot start", failure);
                    Runtime.getRuntime().halt(1);
                });
    }

    @Override
    public Future<?> start() {
        return vertx.createHttpServer().requestHandler(this::handle).listen(controlPort, LOOPBACK);
    }

    private void handle(HttpServerRequest request) {
        Future.succeededFuture(request)
                .compose(this::answer)
                .onSuccess(json -> request.response().end(json.toBuffer()))
                .onFailure(failure -> request.response().setStatusCode(500).end(String.valueOf(failure.getMessage())));
    }

    private Future<JsonObject> answer(HttpServerRequest request) {
        return switch (String.valueOf(request.path())) {
            case "/readyz" -> Future.succeededFuture(new JsonObject());
            case "/come" -> come(request);
            case "/leave" -> leave(number(request, "first"), number(request, "count"));
            case "/heard" ->
                Future.succeededFuture(new JsonObject().put("heard", heard).put("troubles", troubles));
            case "/delays" -> Future.succeededFuture(delays.take());
            case "/follow" -> Future.succeededFuture(follow());
            case "/arrivals" ->
                Future.succeededFuture(
                        Objects.requireNonNull(arrivals, "nobody follows").take());
            case "/ledger" -> Future.succeededFuture(ledger());
            default -> Future.failedFuture("no such request: " + request.path());
        };
    }

    private static int number(HttpServerRequest request, String name) {
        return Integer.parseInt(request.getParam(name));
    }

    /** Answers when all of them are welcome: how many recovered, and how long the last one took. */
    private Future<JsonObject> come(HttpServerRequest request) {
        int port = number(request, "port");
        int first = number(request, "first");
        int retriesBefore = retries;
        long start = System.nanoTime();
        int[] recovered = new int[1];
        return Pipeline.run(number(request, "count"), number(request, "atOnce"), turn -> comeAtLast(
                                guests.get(first + turn), port, TRIES_MAX)
                        .onSuccess(did -> recovered[0] += did ? 1 : 0))
                .map(all -> new JsonObject()
                        .put("recovered", recovered[0])
                        .put("retries", retries - retriesBefore)
                        .put("seconds", (System.nanoTime() - start) / 1e9));
    }

    /** Like fanfare.js, who is turned away tries again after a while. */
    private Future<Boolean> comeAtLast(Guest guest, int port, int tries) {
        return come(guest, port).recover(failure -> {
            if (tries == 1) {
                return Future.failedFuture(failure);
            }
            retries++;
            return vertx.timer(ThreadLocalRandom.current().nextLong(1, RETRY_MS_MAX), TimeUnit.MILLISECONDS)
                    .compose(fired -> comeAtLast(guest, port, tries - 1));
        });
    }

    private Future<Boolean> come(Guest guest, int port) {
        Seat seat = new Seat(guest, this, guest.request(port));
        ChannelFuture connecting = new Bootstrap()
                .group(((ContextInternal) context).nettyEventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MS_MAX)
                // It goes as a browser does whose network has gone, and leaves its port for the next one.
                .option(ChannelOption.SO_LINGER, 0)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(seat);
                    }
                })
                .connect(LOOPBACK, port);
        guest.channel(connecting.channel());
        Promise<Boolean> welcome = Promise.promise();
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                seat.welcome().onComplete(welcome);
            } else {
                welcome.fail(done.cause());
            }
        });
        return welcome.future();
    }

    /** All go at once, without a word. */
    private Future<JsonObject> leave(int first, int count) {
        for (Guest guest : guests.subList(first, first + count)) {
            Channel channel = guest.channel();
            guest.channel(null);
            if (channel != null) {
                var unused = channel.close();
            }
        }
        return Future.succeededFuture(new JsonObject());
    }

    private JsonObject follow() {
        arrivals = new Arrivals();
        return new JsonObject();
    }

    /** For each user how many notes came, and the sum of their numbers. */
    private JsonObject ledger() {
        JsonArray counts = new JsonArray();
        JsonArray sums = new JsonArray();
        for (Guest guest : guests) {
            counts.add(guest.heard());
            sums.add(guest.sum());
        }
        return new JsonObject().put("counts", counts).put("sums", sums);
    }

    /** Room for so many bytes, until the next one asks. */
    byte[] scratch(int length) {
        if (scratch.length < length) {
            scratch = new byte[2 * length];
        }
        return scratch;
    }

    /** A note has come, which begins at that offset. */
    void heard(Guest guest, byte[] text, int at) {
        long now = System.nanoTime();
        delays.add(now, now - Note.nanos(text, at));
        if (arrivals != null) {
            arrivals.add(guest.index(), Note.nanos(text, at), now);
        }
        heard++;
        guest.hear(Note.number(text, at));
        int user = Note.user(text, at);
        if (user != guest.index() && user != Note.ALL_USERS) {
            trouble(guest, "heard what was for " + Note.userName(user));
        }
    }

    /** A connection has ended; this side forgets those that it ends itself before. */
    void left(Guest guest, Channel channel) {
        if (guest.channel() == channel) {
            guest.channel(null);
            trouble(guest, "the gateway closed the connection");
        }
    }

    void trouble(Guest guest, String what) {
        troubles++;
        if (troubles <= TROUBLES_LOGGED) {
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", guest.name(), what);
        }
    }
}
