package fanfare.gateway.feed;

import fanfare.broker.Draft;
import fanfare.broker.Outbox;
import fanfare.channel.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A publisher: the real outbox, and around it what the broker does with each answer. */
final class ModelPublisher {
    private record Attempt(ModelWorld.Publication publication, long deadlineMs) {}

    private static final int TRY_MS_MAX = 5_000;

    private final ModelWorld world;
    private final int name;
    /** It can only reach the old master of a network that fell apart. */
    boolean cutOff;

    private Outbox outbox = new Outbox(() -> Long.MAX_VALUE);
    private final Map<String, Long> highest = new HashMap<>();
    private final Set<String> dead = new HashSet<>();
    private final Deque<Attempt> waiting = new ArrayDeque<>();
    private @Nullable ModelServer server;
    private String replid = "";
    private @Nullable String fencedBy;
    private boolean mayOpen;

    ModelPublisher(ModelWorld world, int name) {
        this.world = world;
        this.name = name;
    }

    void publish(ModelWorld.Publication publication) {
        waiting.add(new Attempt(publication, world.nowMs + TRY_MS_MAX));
    }

    /** Ends without a word; a new process takes its place. What it alone could have replayed is gone. */
    void kill() {
        world.tell(() -> this + " dies");
        outbox.reached("nobody");
        outbox.owed(Integer.MAX_VALUE)
                .forEach(entry -> world.excuse(entry.draft().id()));
        outbox = new Outbox(() -> Long.MAX_VALUE);
        highest.clear();
        dead.clear();
        waiting.clear();
        fencedBy = null;
        lose();
    }

    void lose() {
        server = null;
        mayOpen = false;
        outbox.unproved();
    }

    boolean isConnectedTo(ModelServer other) {
        return server == other;
    }

    boolean isIdle() {
        return waiting.isEmpty() && outbox.owed(1).isEmpty();
    }

    /** One thing that is due: connect, replay an entry, or try a publication. */
    void step(boolean answerIsLost) {
        ModelServer current = connected();
        if (current == null) {
            return;
        }
        List<Outbox.Entry> owed = outbox.owed(1);
        if (!owed.isEmpty()) {
            replay(current, owed.get(0));
            return;
        }
        Attempt attempt = waiting.poll();
        if (attempt == null) {
            return;
        }
        if (world.nowMs > attempt.deadlineMs()) {
            return; // 503: its caller knows that it is not known to be stored.
        }
        if (current.refusesWrites()) {
            waiting.addFirst(attempt);
            lose();
            return;
        }
        Draft draft = attempt.publication().draft();
        ModelServer.Answer answer = current.publish(draft, replid, mayOpen, highest(draft), world.openingNumber());
        Position position = answer.position();
        if (answerIsLost) {
            waiting.addFirst(attempt);
            lose();
        } else if (position == null) {
            waiting.addFirst(attempt);
            fenced();
        } else {
            saw(draft, position);
            world.tell(() -> this + " has the answer " + position + " for " + draft.id());
            outbox.accepted(
                    new Outbox.Entry(draft, position, answer.serverMs(), answer.expiresMs(), replid), world.nowMs);
            attempt.publication().acknowledged(answer.serverMs());
        }
    }

    /** The write that proves that the master takes writes. */
    void prove() {
        ModelServer current = connected();
        if (current == null) {
            outbox.unproved();
        } else if (current.refusesWrites()) {
            lose();
        } else {
            outbox.proved(world.nowMs);
        }
    }

    private void replay(ModelServer current, Outbox.Entry entry) {
        if (current.refusesWrites()) {
            lose();
            return;
        }
        ModelServer.Answer answer =
                current.replay(entry, replid, mayOpen, highest(entry.draft()), world.openingNumber());
        Position position = answer.position();
        if (position == null) {
            fenced();
        } else {
            saw(entry.draft(), position);
            outbox.replayed(entry, position, replid, world.nowMs);
        }
    }

    private void fenced() {
        fencedBy = replid;
        if (!mayOpen) {
            lose();
        }
    }

    private long highest(Draft draft) {
        return highest.getOrDefault(draft.tag(), 0L);
    }

    private void saw(Draft draft, Position position) {
        highest.merge(draft.tag(), position.generation(), Math::max);
    }

    private @Nullable ModelServer connected() {
        if (server == null) {
            ModelServer found = world.masterFor(cutOff);
            if (found == null || dead.contains(found.replid)) {
                return null;
            }
            server = found;
            world.tell(() -> this + " reaches " + found.replid);
            replid = found.replid;
            if (found.formerReplid != null) {
                dead.add(found.formerReplid);
            }
            mayOpen = replid.equals(fencedBy);
            outbox.reached(replid);
        }
        return server;
    }

    @Override
    public String toString() {
        return "publisher " + name;
    }
}
