package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Fence;
import fanfare.channel.Channel;
import fanfare.process.SharedQuestion;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.Redirect;
import fanfare.redis.RedisLink;
import fanfare.redis.Shard;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the feed has for one shard: the links over which it hears and reads it, and what is known of its master. Confined to
 * the node loop.
 */
final class ShardFeed {
    /** How often it is proved that the master takes writes and that every link brings messages. */
    private static final Duration PROBE = Duration.ofSeconds(3);

    private static final int PROBE_TTL_MS = 10_000;

    final Shard shard;
    /** Belongs to the node. */
    final RedisLink commands;

    final List<Subscriber<Followed>> subscribers = new ArrayList<>();
    /** For each of them, fences by key, as they were found since it or the link for commands was lost last. */
    private final List<Map<String, Future<Fence>>> fences = new ArrayList<>();
    /** Those that are asked for at the end of this tick. */
    private final Map<String, SharedQuestion<Fence>> askedFences = new HashMap<>();

    private final Context context;
    private final Keys keys;
    private final ChannelReader reader;
    private final String probe;
    private final LuaScript script;
    private final Runnable probed;
    private final Runnable astray;
    private final Runnable stop;
    /** When Redis last took a write of this gateway, on its clock [ms]; 0 before the first. */
    private long writtenMs;
    /** For each of them, how often it or the link for commands was lost so far. */
    private final int[] losses = new int[Keys.CONNECTIONS];

    /**
     * @param probe what the gateway's probes are called
     * @param script writes one
     * @param subscriber makes one of the links that hear
     * @param probed told when Redis has taken a probe
     * @param astray told when the master turns out to be none, or to have other slots
     */
    ShardFeed(
            Ticker ticker,
            Context context,
            Shard shard,
            RedisLink commands,
            Keys keys,
            ChannelReader reader,
            String probe,
            LuaScript script,
            IntFunction<Subscriber<Followed>> subscriber,
            Runnable probed,
            Runnable astray) {
        this.shard = shard;
        this.commands = commands;
        this.context = context;
        this.keys = keys;
        this.reader = reader;
        this.probe = probe;
        this.script = script;
        this.probed = probed;
        this.astray = astray;
        for (int i = 0; i < Keys.CONNECTIONS; i++) {
            subscribers.add(subscriber.apply(i));
            fences.add(new HashMap<>());
        }
        this.stop = ticker.every(PROBE, this::probe);
    }

    void open() {
        subscribers.forEach(Subscriber::open);
        probe();
    }

    Future<Void> close() {
        stop.run();
        return Future.all(subscribers.stream().map(Subscriber::close).toList()).mapEmpty();
    }

    /** Takes nothing from the links that hear, or goes on. */
    void pause(boolean on) {
        subscribers.forEach(subscriber -> subscriber.pause(on));
    }

    /** Whether every link that hears is up; may be asked on any thread. */
    boolean isUp() {
        return subscribers.stream().allMatch(subscriber -> subscriber.link().isUp());
    }

    Subscriber<Followed> subscriber(String tag) {
        return subscribers.get(Keys.connection(tag));
    }

    /** Identity of the master that is read. */
    String master() {
        return commands.replid();
    }

    /** Whether what is read comes from the master that this subscriber hears. */
    boolean isSameMaster(RedisLink subscribed) {
        return commands.replid().equals(subscribed.replid());
    }

    /** The same; if not, both links look for the master anew. */
    boolean isOneMaster(RedisLink subscribed) {
        if (commands.isUp() && subscribed.isUp() && !isSameMaster(subscribed)) {
            // Two masters: what one of them kept says nothing about what the other one sends.
            subscribed.reconnect("another master than the one that is read from");
            commands.reconnect("another master than the one that is subscribed to");
            return false;
        }
        return true;
    }

    /** The link for commands is lost: the next one may reach another master. */
    void lost() {
        for (int i = 0; i < subscribers.size(); i++) {
            lost(i);
        }
    }

    /** The same of one of those that hear, which concerns its channels alone. */
    void lost(Subscriber<Followed> subscriber) {
        lost(subscribers.indexOf(subscriber));
    }

    private void lost(int connection) {
        losses[connection]++;
        fences.get(connection).clear();
    }

    /** How often a link was lost over which a tag's channels are heard or read. */
    int losses(String tag) {
        return losses[Keys.connection(tag)];
    }

    /** When Redis last took a write of this gateway, on its clock [ms]; 0 before the first. */
    long writtenMs() {
        return writtenMs;
    }

    /** The time of this shard up to which nothing is missing here [ms]; 0 if that was never known. */
    long asOfMs() {
        return subscribers.stream().mapToLong(Subscriber::asOfMs).min().orElseThrow();
    }

    /** The fence of a channel's slot, read once after each loss: many users share one. */
    Future<Fence> fence(Channel channel) {
        Map<String, Future<Fence>> found = fencesBeside(channel);
        String key = keys.fence(channel);
        Future<Fence> known = found.get(key);
        if (known != null && !known.failed()) {
            return known;
        }
        Future<Fence> asked = reader.fence(channel);
        found.put(key, asked);
        return asked;
    }

    /** A fence as it is found after this call: one question for all who want it in one tick, such as broadcast's in a storm. */
    Future<Fence> freshFence(Channel channel) {
        return askedFences
                .computeIfAbsent(
                        keys.fence(channel),
                        key -> new SharedQuestion<>(context, () -> {
                            askedFences.remove(key);
                            return reader.fence(channel);
                        }))
                .ask();
    }

    /** The fence as it was found; null if it was not yet. */
    @Nullable
    Fence fenceNow(Channel channel) {
        Future<Fence> known = fencesBeside(channel).get(keys.fence(channel));
        return known != null && known.succeeded() ? known.result() : null;
    }

    void forgetFence(Channel channel) {
        fencesBeside(channel).remove(keys.fence(channel));
    }

    /** Those of the channels that are heard over the same link. */
    private Map<String, Future<Fence>> fencesBeside(Channel channel) {
        return fences.get(Keys.connection(Keys.tag(channel)));
    }

    /**
     * Hands channels over whose slots have other owners, which hear them from now on, as after the loss of a link.
     *
     * @param homes by the name of a channel, whose it is now
     * @return how many
     */
    int moveAway(Function<String, ShardFeed> homes) {
        int moved = 0;
        for (Subscriber<Followed> subscriber : subscribers) {
            for (Followed channel : List.copyOf(subscriber.channels())) {
                ShardFeed home = homes.apply(channel.name);
                if (home == this) {
                    continue;
                }
                subscriber.release(channel);
                forgetFence(channel.channel());
                if (channel.isWanted()) {
                    channel.state().lost();
                    channel.moveTo(home);
                    channel.subscriber().subscribe(channel);
                    moved++;
                }
            }
        }
        return moved;
    }

    /** Proves at once what it proves again and again: that the master takes writes, and that every link brings messages. */
    void probe() {
        if (commands.isUp()) {
            script.run(commands, List.of(keys.probe(shard, probe)), List.of(PROBE_TTL_MS))
                    .onSuccess(now -> {
                        writtenMs = Long.parseLong(now.toString());
                        subscribers.forEach(Subscriber::expectProbe);
                        probed.run();
                    })
                    .onFailure(failure -> {
                        if (Redirect.is(failure)) {
                            astray.run();
                        }
                    });
        }
    }
}
