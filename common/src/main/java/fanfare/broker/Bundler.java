package fanfare.broker;

import fanfare.channel.Bundle;
import fanfare.redis.Keys;
import fanfare.redis.PubSub;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Hands the stored parts of mailings to the gateways that hold their users, many at a time. What no gateway hears goes to the
 * users' own channels: a gateway that is gone, or is called otherwise by now, does not keep it from one that has taken its
 * place. Confined to the broker's event loop.
 */
final class Bundler {
    /** Gateways that are told by name; users of others hear on their own channels, as Redis would look each up by each name. */
    private static final int GATEWAYS_MAX = 16;

    private static final int REFRESH_MS = 1_000;
    /** What is stored waits for more that is under way, but no longer than this [ms]. */
    private static final int WAIT_MS_MAX = 25;

    private record Destination(String channel, Mailing mailing) {}

    /** A bundle that is being filled, and whose parts it has. */
    private record Open(Bundle bundle, List<Attempt> attempts) {
        Open(Mailing mailing) {
            this(
                    new Bundle(
                            mailing.draft().headerTail(),
                            mailing.draft().payload(),
                            mailing.draft().ttlMs()),
                    new ArrayList<>());
        }
    }

    private final Vertx vertx;
    private final RedisLinks redis;
    private final Keys keys;
    private final Consumer<Attempt> again;
    private final Counter bundled;
    private final Counter unheard;
    private final Map<Destination, Open> filling = new LinkedHashMap<>();
    /** The incarnations that were seen last; read by metrics from other threads. */
    private volatile List<String> gateways = List.of();

    /** @param again told of a part that no gateway heard */
    Bundler(Vertx vertx, RedisLinks redis, Keys keys, Consumer<Attempt> again, MeterRegistry metrics, String linkName) {
        this.vertx = vertx;
        this.redis = redis;
        this.keys = keys;
        this.again = again;
        this.bundled = Counter.builder("fanfare_bundled_total")
                .description("Publications to one of many users that were handed to a gateway together with others")
                .tag("link", linkName)
                .register(metrics);
        this.unheard = Counter.builder("fanfare_bundled_unheard_total")
                .description("Of these, those that no gateway heard, and that went to the user's own channel after all")
                .tag("link", linkName)
                .register(metrics);
        Gauge.builder("fanfare_bundle_gateways", this, bundler -> bundler.gateways.size())
                .description("Gateways that can be handed publications to many users together; at most " + GATEWAYS_MAX)
                .tag("link", linkName)
                .register(metrics);
    }

    void start() {
        vertx.setPeriodic(REFRESH_MS, timer -> refresh());
    }

    /** The gateways that can be handed something, as far as is known; their order is that of an answer's bits. */
    List<String> gateways() {
        return gateways;
    }

    /**
     * Learns which gateways there are: once a second, and whenever the link is up again. In a cluster there are none: a
     * bundle's channel would be in one slot, and its users are in many.
     */
    void refresh() {
        if (redis.pubSub() == PubSub.PLAIN && redis.isUp()) {
            redis.send(
                            keys.nodes(),
                            Request.cmd(Command.ZRANGE)
                                    .arg(keys.nodes())
                                    .arg(0)
                                    .arg(GATEWAYS_MAX - 1)
                                    .arg("REV"))
                    .onSuccess(living ->
                            gateways = living.stream().map(Response::toString).toList());
        }
    }

    /**
     * Takes a part that is stored, and that is to be handed on.
     *
     * @param named the gateways of the call
     */
    void add(Attempt attempt, Answer answer, List<String> named) {
        Mailing mailing = Objects.requireNonNull(attempt.mailing());
        int connection = Keys.connection(attempt.draft().tag());
        for (int i = 0; i < named.size(); i++) {
            if ((answer.gateways() >> i & 1) == 1) {
                add(new Destination(keys.bundle(named.get(i), connection), mailing), attempt, answer);
            }
        }
    }

    private void add(Destination destination, Attempt attempt, Answer answer) {
        if (filling.isEmpty()) {
            vertx.setTimer(WAIT_MS_MAX, timer -> flush());
        }
        Open open = filling.computeIfAbsent(destination, none -> new Open(destination.mailing()));
        open.bundle()
                .add(
                        attempt.draft().channel().name(),
                        Objects.requireNonNull(answer.position()),
                        answer.prev(),
                        answer.serverMs());
        open.attempts().add(attempt);
        if (open.bundle().isFull()) {
            filling.remove(destination);
            send(destination.channel(), open);
        }
    }

    /** Sends what there is. */
    void flush() {
        List<Map.Entry<Destination, Open>> filled = List.copyOf(filling.entrySet());
        filling.clear();
        filled.forEach(each -> send(each.getKey().channel(), each.getValue()));
    }

    private void send(String channel, Open filled) {
        bundled.increment(filled.attempts().size());
        redis.send(
                        channel,
                        Request.cmd(Command.PUBLISH)
                                .arg(channel)
                                .arg(filled.bundle().bytes()))
                .onComplete(heard -> {
                    if (heard.failed() || heard.result().toString().equals("0")) {
                        unheard.increment(filled.attempts().size());
                        filled.attempts().forEach(again);
                    }
                });
    }
}
