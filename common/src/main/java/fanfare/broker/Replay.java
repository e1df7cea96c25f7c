package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.process.Bugs;
import fanfare.redis.LuaScript;
import fanfare.redis.PubSub;
import fanfare.redis.RedisDownException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings what is owed in the outbox to the master that was reached, a chunk at a time and oldest first. Confined to the
 * broker's event loop.
 */
final class Replay {
    /** Enough for a round trip to cost nothing, and few enough to let publications for other buckets in between. */
    private static final int CHUNK = 100;

    private final Lane lane;
    private final Outbox outbox;
    private final Generations generations;
    private final AppendCall call;
    private final Runnable done;
    private final Counter replayed;
    private final Bugs bugs;
    private final LuaScript script;
    private boolean underWay;

    /** @param done told whenever nothing is owed any more */
    Replay(
            Lane lane,
            Outbox outbox,
            Generations generations,
            AppendCall call,
            PubSub pubSub,
            Runnable done,
            MeterRegistry metrics,
            String linkName) {
        this.lane = lane;
        this.outbox = outbox;
        this.generations = generations;
        this.call = call;
        this.script = new LuaScript(pubSub.words(), "append", "replay");
        this.done = done;
        this.bugs = new Bugs(metrics);
        this.replayed = Counter.builder("fanfare_outbox_replayed_total")
                .description("Publications that a new master lacked and was given again")
                .tag("link", linkName)
                .register(metrics);
    }

    /** Sends what is owed, unless that is under way or the link is down. */
    void go() {
        if (underWay || !lane.link().isUp()) {
            return;
        }
        List<Outbox.Entry> chunk = outbox.owed(CHUNK);
        if (chunk.isEmpty()) {
            return;
        }
        underWay = true;
        String replid = lane.link().replid();
        List<Future<Void>> answers = new ArrayList<>(chunk.size());
        Map<Channel, String> last = new HashMap<>();
        for (Outbox.Entry entry : chunk) {
            String before = last.put(entry.draft().channel(), entry.draft().id());
            answers.add(replay(entry, before, replid));
        }
        Future.join(answers).onComplete(joined -> {
            underWay = false;
            // What a server will not take just now is tried again a little later.
            if (joined.succeeded()) {
                go();
            }
            if (!underWay) {
                done.run();
            }
        });
    }

    private Future<Void> replay(Outbox.Entry entry, @Nullable String before, String replid) {
        return script.run(lane.link(), call.replay(script, entry, before, lane))
                .onSuccess(answer -> answered(entry, replid, answer))
                .onFailure(failure -> {
                    if (!(failure instanceof RedisDownException)
                            && !lane.refused(String.valueOf(failure.getMessage()))) {
                        bugs.met("a publication cannot be replayed", failure);
                        outbox.forget(entry);
                    }
                })
                .mapEmpty();
    }

    private void answered(Outbox.Entry entry, String replid, Response answer) {
        String outcome = answer.get(0).toString();
        switch (outcome) {
            case Answer.FENCED -> lane.fenced(replid);
            case Answer.EARLY -> {
                // Still owed, as is what goes before it.
            }
            case "EXPIRED" -> outbox.forget(entry);
            default -> {
                Position position = Position.parse(outcome);
                if (position == null) {
                    bugs.met("a replay", new IllegalStateException("Redis gave no position: " + outcome));
                    outbox.forget(entry);
                    return;
                }
                generations.saw(entry.draft().tag(), position);
                outbox.replayed(entry, position, replid, WriteProof.nowMs());
                if (answer.get(1).toString().equals("0")) {
                    replayed.increment();
                }
            }
        }
    }
}
