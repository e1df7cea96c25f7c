package fanfare.gateway.relay;

import fanfare.gateway.drain.Drain;
import fanfare.gateway.relay.Owners.Found;
import fanfare.http.Forwarding;
import fanfare.http.Reset;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests of fallback sessions on to the gateways that hold them: head, cookies included, as it came, and the answer
 * as it comes. Whichever side goes first takes the other with it. Confined to its event loop.
 */
public final class Relay implements Whereabouts {
    /** What one gateway proves to another that it is one. */
    static final String SECRET = "X-Fanfare-Relay";
    /** For whom it speaks. */
    static final String CLIENT_ADDRESS = "X-Fanfare-Client-Address";
    /** Who answers: whatever else listens at an address that Redis names has no say in a session. */
    static final String GATEWAY = "X-Fanfare-Gateway";

    /** The last part of a session's path on the relay port that has its response end. */
    public static final String RENEW = "renew";

    /** Requests that are being handed on, on all event loops. */
    public static final class UnderWay {
        private final AtomicInteger count = new AtomicInteger();

        public UnderWay(MeterRegistry metrics) {
            Gauge.builder("fanfare_relay_under_way", count, AtomicInteger::get)
                    .description("Requests that are being handed on to the gateways that hold the sessions")
                    .register(metrics);
        }

        public int get() {
            return count.get();
        }
    }

    /** Asks the owners, who live on another event loop; the answer comes on the caller's. */
    public interface Directory {
        <T> Future<T> ask(Function<Owners, Future<T>> question);
    }

    /** A request that is being handed on; one like it is another one. */
    private static final class HandedOn {
        private final Owner owner;
        /** What is asked of the owner to have the response end. */
        private final String renewal;

        HandedOn(Owner owner, String renewal) {
            this.owner = owner;
            this.renewal = renewal;
        }
    }

    private static final System.Logger LOG = System.getLogger(Relay.class.getName());
    private static final int MISDIRECTED = 421;
    private static final int CONNECT_MS_MAX = 2_000;
    /** A session breaks its silence after 25 s at the latest, so this silence is that of a dead gateway [s]. */
    private static final int SILENCE_S_MAX = 40;
    /**
     * What is said is taken at once, or when the site has said whose request this is, which may take it two tries: a gateway
     * that does not answer by then stands still [ms].
     */
    private static final int TAKEN_MS_MAX = 15_000;
    /** How long a browser may take to read an answer whose end is here [ms]. */
    private static final int READING_MS_MAX = 30_000;
    /** Until an owner is asked again: it may just be asking the site whose request this is, and have nothing to end yet [ms]. */
    private static final int RENEWED_AGAIN_MS = 1_000;

    private final Vertx vertx;
    private final Directory directory;
    private final Function<HttpServerRequest, String> addresses;
    private final String secret;
    private final HttpClient client;
    private final Counter answered;
    private final Counter misdirected;
    private final Counter failed;
    private final UnderWay underWay;
    private final DoubleSupplier random;
    /** Those of this event loop. */
    private final Set<HandedOn> handedOn = new LinkedHashSet<>();
    /** Null while this gateway serves. */
    private @Nullable Drain drain;

    /**
     * Makes a relay of the current event loop.
     *
     * @param addresses the address of a request's browser
     * @param secret what gateways prove themselves with
     * @param connectionsMax connections to one other gateway: each open stream or poll has one
     */
    public Relay(
            Vertx vertx,
            Directory directory,
            Function<HttpServerRequest, String> addresses,
            String secret,
            int connectionsMax,
            UnderWay underWay,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.underWay = underWay;
        this.random = random;
        this.vertx = vertx;
        this.directory = directory;
        this.addresses = addresses;
        this.secret = secret;
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout(CONNECT_MS_MAX)
                        .setIdleTimeout(SILENCE_S_MAX)
                        .setTcpNoDelay(true),
                new PoolOptions().setHttp1MaxSize(connectionsMax));
        this.answered = counter(metrics, "answered");
        this.misdirected = counter(metrics, "misdirected");
        this.failed = counter(metrics, "failed");
    }

    private static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("fanfare_relayed_total")
                .description("Requests of fallback sessions handed on to the gateways that hold them")
                .tag("outcome", outcome)
                .register(metrics);
    }

    @Override
    public Future<Found> find(String id) {
        return directory.ask(owners -> owners.find(id));
    }

    @Override
    public Future<Found> claim(String id, Found found) {
        return directory.ask(owners -> owners.claim(id, found));
    }

    @Override
    public void release(String id, String taken) {
        tell(owners -> owners.release(id, taken));
    }

    @Override
    public Future<Boolean> handOn(RoutingContext context, String id, Owner owner, Buffer body) {
        HttpServerRequest request = context.request();
        HttpServerResponse response = context.response();
        HandedOn entry = begin(owner, context.normalizedPath());
        return client.request(options(owner, request.method(), request.uri()))
                .compose(upstream -> {
                    context.addEndHandler(ended -> {
                        if (ended.failed()) {
                            var unused = upstream.reset();
                        }
                    });
                    // The futures below tell of a lost gateway; without a handler Vert.x logs it as an error besides.
                    upstream.exceptionHandler(lost -> {});
                    if (response.closed()) {
                        var unused = upstream.reset();
                        return Future.succeededFuture(true);
                    }
                    return exchange(context, upstream, owner, body);
                })
                .onSuccess(known -> (known ? answered : misdirected).increment())
                .recover(failure -> {
                    if (response.closed()) {
                        // It was the browser that left.
                        return Future.succeededFuture(true);
                    }
                    failed.increment();
                    if (response.headWritten()) {
                        // A stream cut short must not look complete, nor wait for a browser that does not read.
                        Reset.connection(request.connection());
                        return Future.succeededFuture(true);
                    }
                    return Future.failedFuture(failure);
                })
                .onComplete(done -> {
                    end(entry);
                    if (done.failed() || !done.result()) {
                        tell(owners -> owners.forget(id));
                    }
                });
    }

    private static RequestOptions options(Owner owner, HttpMethod method, String uri) {
        HostAndPort address = HostAndPort.parseAuthority(owner.address(), -1);
        return new RequestOptions()
                .setMethod(method)
                .setHost(address.host())
                .setPort(address.port())
                .setURI(uri);
    }

    /**
     * Has what is being handed on, and what still comes, brought to an end before this gateway ends: each owner is asked to
     * end the response as if it were full, so that the session lives on and its browser's next request goes another way;
     * and again for as long as that does not happen, till this gateway ends.
     */
    public void drain(Drain begun) {
        drain = begun;
        int place = 0;
        for (HandedOn each : handedOn) {
            renewIn(begun.slope().toldMs(place++, handedOn.size(), random.getAsDouble()), each);
        }
    }

    private HandedOn begin(Owner owner, String path) {
        HandedOn entry = new HandedOn(owner, path.substring(0, path.lastIndexOf('/') + 1) + RENEW);
        handedOn.add(entry);
        underWay.count.incrementAndGet();
        if (drain != null) {
            renewIn(drain.slope().waitMs(drain.elapsedMs(), random.getAsDouble()), entry);
        }
        return entry;
    }

    private void end(HandedOn entry) {
        if (handedOn.remove(entry)) {
            underWay.count.decrementAndGet();
        }
    }

    private void renewIn(long waitMs, HandedOn entry) {
        vertx.setTimer(Math.max(1, waitMs), timer -> {
            if (handedOn.contains(entry)) {
                renew(entry);
                renewIn(RENEWED_AGAIN_MS, entry);
            }
        });
    }

    /** A gateway that does not understand, or has gone, leaves the response to end with this gateway. */
    private void renew(HandedOn entry) {
        client.request(options(entry.owner, HttpMethod.POST, entry.renewal))
                .compose(request -> request.putHeader(SECRET, secret).send())
                .compose(HttpClientResponse::end)
                .onFailure(failure -> LOG.log(
                        System.Logger.Level.WARNING,
                        "a stream could not be brought to its end: {0}",
                        failure.getMessage()));
    }

    private void tell(Consumer<Owners> news) {
        var unused = directory.ask(owners -> {
            news.accept(owners);
            return Future.succeededFuture();
        });
    }

    private Future<Boolean> exchange(RoutingContext context, HttpClientRequest upstream, Owner owner, Buffer body) {
        HttpServerRequest request = context.request();
        if (body.length() > 0) {
            upstream.idleTimeout(TAKEN_MS_MAX);
        }
        Forwarding.copy(request.headers(), upstream.headers());
        upstream.putHeader(SECRET, secret)
                .putHeader(CLIENT_ADDRESS, addresses.apply(request))
                .putHeader("Content-Length", Integer.toString(body.length()))
                .headers()
                // The body is here already.
                .remove("Expect");
        return upstream.send(body).compose(answer -> {
            String gateway = answer.getHeader(GATEWAY);
            boolean disclaimed = answer.statusCode() == MISDIRECTED;
            if (gateway == null || (disclaimed && !gateway.equals(owner.incarnation()))) {
                return Future.failedFuture("another gateway, or none, answers at " + owner.address());
            }
            if (disclaimed) {
                return answer.end().map(false);
            }
            answer.headers().remove(GATEWAY);
            Future<Void> over = Forwarding.respond(request, answer);
            answer.end()
                    .onSuccess(end -> vertx.setTimer(READING_MS_MAX, timer -> {
                        if (!over.isComplete()) {
                            Reset.connection(request.connection());
                        }
                    }));
            return over.map(true);
        });
    }
}
