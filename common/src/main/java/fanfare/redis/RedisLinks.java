package fanfare.redis;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections over which an event loop sends commands, one to each shard; a command goes where its key is. Confined to
 * that loop, but for {@link #isUp()}.
 */
public final class RedisLinks {
    /** What the links tell their owner, on its event loop. */
    public interface Listener {
        default void up(RedisLink link) {}

        default void down(RedisLink link) {}
    }

    /** A slot that is on its way is waited for this long [ms]. */
    private static final int TRY_MS_MAX = 5_000;

    private static final int PAUSE_MS = 50;

    private final Vertx vertx;
    private final Shards shards;
    private final Function<String, @Nullable RedisLink> route;
    private final Function<Shard, @Nullable RedisLink> each;
    private final Supplier<List<RedisLink>> all;

    private RedisLinks(
            Vertx vertx,
            Shards shards,
            Function<String, @Nullable RedisLink> route,
            Function<Shard, @Nullable RedisLink> each,
            Supplier<List<RedisLink>> all) {
        this.vertx = vertx;
        this.shards = shards;
        this.route = route;
        this.each = each;
        this.all = all;
    }

    /** Links that belong to something else, which opens and closes them. */
    public static <T> RedisLinks of(Vertx vertx, Shards shards, PerShard<T> owners, Function<T, RedisLink> link) {
        return new RedisLinks(
                vertx,
                shards,
                key -> {
                    T owner = owners.at(key);
                    return owner == null ? null : link.apply(owner);
                },
                shard -> {
                    T owner = owners.of(shard);
                    return owner == null ? null : link.apply(owner);
                },
                () -> owners.all().stream().map(link).toList());
    }

    /** Links of the current event loop, opened now. */
    public static RedisLinks open(
            Vertx vertx, Shards shards, String name, DoubleSupplier random, MeterRegistry metrics, Listener listener) {
        PerShard<RedisLink> links = new PerShard<>(
                shards,
                shard -> {
                    RedisLink link = link(vertx, shard, name, random, metrics, listener);
                    link.open();
                    return link;
                },
                RedisLink::close,
                () -> {});
        RedisLinks made = of(vertx, shards, links, Function.identity());
        links.open(vertx.getOrCreateContext());
        return made;
    }

    private static RedisLink link(
            Vertx vertx, Shard shard, String name, DoubleSupplier random, MeterRegistry metrics, Listener listener) {
        RedisLink[] made = new RedisLink[1];
        made[0] =
                new RedisLink(vertx, shard.masters(), name + shard.suffix(), random, metrics, new RedisLink.Listener() {
                    @Override
                    public void up() {
                        listener.up(made[0]);
                    }

                    @Override
                    public void down() {
                        listener.down(made[0]);
                    }
                });
        return made[0];
    }

    public Future<Void> close() {
        return Future.join(all().stream().map(RedisLink::close).toList()).mapEmpty();
    }

    /** The link to the shard that has a key; null if it is not known who does. */
    public @Nullable RedisLink at(String key) {
        return route.apply(key);
    }

    public @Nullable RedisLink of(Shard shard) {
        return each.apply(shard);
    }

    /** All links, each to another shard. */
    public List<RedisLink> all() {
        return all.get();
    }

    public PubSub pubSub() {
        return shards.pubSub();
    }

    /** Whether any shard can be reached; may be asked on any thread. */
    public boolean isUp() {
        return all().stream().anyMatch(RedisLink::isUp);
    }

    /** Whether that of a key can be. */
    public boolean isUp(String key) {
        RedisLink link = at(key);
        return link != null && link.isUp();
    }

    /**
     * Sends a command at the end of this tick to who has its key, and follows the key while it is moved. It must be safe to
     * send twice, see {@link RedisLink#send}.
     */
    public Future<Response> send(String key, Request request) {
        RedisLink link = at(key);
        if (link == null) {
            return Future.failedFuture(new RedisDownException("it is not known which Redis has " + key));
        }
        Future<Response> answer = link.send(request);
        return shards.isCluster() ? answer.recover(failure -> follow(key, request, failure, deadline())) : answer;
    }

    /** Sends commands with one key in one write, never twice, see {@link RedisLink#batch}. */
    public Future<List<Response>> batch(String key, List<Request> requests) {
        RedisLink link = at(key);
        if (link == null) {
            return Future.failedFuture(new RedisDownException("it is not known which Redis has " + key));
        }
        return link.batch(requests).onFailure(failure -> {
            if (Redirect.is(failure)) {
                shards.refresh(link);
            }
        });
    }

    private Future<Response> follow(String key, Request request, Throwable failure, long deadlineNs) {
        if (!Redirect.is(failure)) {
            return Future.failedFuture(failure);
        }
        if (System.nanoTime() - deadlineNs > 0) {
            return Future.failedFuture(new RedisDownException("no Redis has it just now: " + failure.getMessage()));
        }
        String importing = Redirect.askedAt(failure);
        RedisLink other = importing.isEmpty() ? null : to(importing);
        Future<Response> answer;
        if (other != null) {
            answer = other.batch(List.of(Request.cmd(Command.ASKING), request)).map(answers -> answers.get(1));
        } else {
            RedisLink asked = at(key);
            Future<?> pause = Redirect.isMoved(failure) && asked != null
                    ? shards.refresh(asked).otherwiseEmpty()
                    : vertx.timer(PAUSE_MS, TimeUnit.MILLISECONDS);
            answer = pause.compose(over -> {
                RedisLink link = at(key);
                return link == null
                        ? Future.failedFuture(new RedisDownException("it is not known which Redis has " + key))
                        : link.send(request);
            });
        }
        return answer.recover(again -> follow(key, request, again, deadlineNs));
    }

    private @Nullable RedisLink to(String endpoint) {
        return shards.slots().shards().stream()
                .filter(shard -> shard.isAt(endpoint))
                .findFirst()
                .map(this::of)
                .orElse(null);
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TRY_MS_MAX);
    }
}
