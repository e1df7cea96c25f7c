package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the scripts that append to channels, with keys and arguments in the order of their headers. Confined to the
 * broker's event loop.
 */
public final class AppendCall {
    /**
     * What is added to a new generation is below this [us], so that two masters that begin from the same number do not open
     * the same one. Generations run up to a second ahead of the clock for it.
     */
    public static final int OPENING_NUMBERS = 1_000_000;

    /** Of a publication that need not follow another one: its fence, what is remembered of its id, what its channel keeps. */
    private static final int KEYS_EACH = 3;

    private final Keys keys;
    private final BrokerLimits limits;
    private final Generations generations;
    private final DoubleSupplier random;

    AppendCall(Keys keys, BrokerLimits limits, Generations generations, DoubleSupplier random) {
        this.keys = keys;
        this.limits = limits;
        this.generations = generations;
        this.random = random;
    }

    /** A call of the publish script for one or several publications that are kept alike, in their order. */
    Request publish(LuaScript script, List<Attempt> attempts, Lane lane) {
        boolean following = isFollowing(attempts);
        Request call = script.call(attempts.size() * (following ? KEYS_EACH + 1 : KEYS_EACH));
        for (Attempt attempt : attempts) {
            addFence(call, attempt.draft());
            addKeys(call, attempt, following);
        }
        addShared(call, attempts.get(0).draft(), lane);
        for (Attempt attempt : attempts) {
            addArguments(call, attempt.draft());
            call.arg(attempt.draft().ttlMs());
        }
        return call;
    }

    /**
     * A call of the multicast script for parts of mailings, in their order.
     *
     * @param gateways incarnations of those that can be handed a mailing
     */
    Request multicast(LuaScript script, List<Attempt> attempts, List<String> gateways, Lane lane) {
        boolean following = isFollowing(attempts);
        Request call = script.call(attempts.size() * (following ? KEYS_EACH + 2 : KEYS_EACH + 1));
        for (Attempt attempt : attempts) {
            addFence(call, attempt.draft());
            call.arg(keys.presence(attempt.draft().tag()));
            addKeys(call, attempt, following);
        }
        Draft first = attempts.get(0).draft();
        addShared(call, first, lane);
        call.arg(keys.live(first.channel(), "").indexOf("{}") + 2).arg(gateways.size());
        gateways.forEach(call::arg);
        List<Mailing> mailings = new ArrayList<>(1);
        for (Attempt attempt : attempts) {
            Mailing mailing = Objects.requireNonNull(attempt.mailing());
            if (!mailings.contains(mailing)) {
                mailings.add(mailing);
            }
        }
        call.arg(mailings.size());
        for (Mailing mailing : mailings) {
            call.arg(mailing.draft().headerTail())
                    .arg(mailing.draft().payload())
                    .arg(mailing.draft().ttlMs());
        }
        for (Attempt attempt : attempts) {
            addChannel(call, attempt.draft());
            call.arg(mailings.indexOf(attempt.mailing()));
        }
        return call;
    }

    /**
     * A call of the replay script.
     *
     * @param before id of what is replayed to the same channel before this one, under way like it; null for none
     */
    Request replay(LuaScript script, Outbox.Entry entry, @Nullable String before, Lane lane) {
        Draft draft = entry.draft();
        Request call = script.call(KEYS_EACH + 1);
        addFence(call, draft);
        addKeys(call, draft);
        addPredecessor(call, draft, before);
        addShared(call, draft, lane);
        addArguments(call, draft);
        return call.arg(entry.position().generation())
                .arg(entry.position().sequence())
                .arg(entry.serverMs())
                .arg(entry.expiresMs());
    }

    private static boolean isFollowing(List<Attempt> attempts) {
        boolean following = false;
        for (Attempt attempt : attempts) {
            following |= attempt.after() != null;
        }
        return following;
    }

    private void addFence(Request call, Draft draft) {
        call.arg(keys.fence(draft.tag()));
    }

    private void addKeys(Request call, Attempt attempt, boolean following) {
        Draft draft = attempt.draft();
        addKeys(call, draft);
        if (following) {
            addPredecessor(call, draft, attempt.after());
        }
    }

    private void addPredecessor(Request call, Draft draft, @Nullable String before) {
        call.arg(keys.once(draft.channel(), draft.tag(), before == null ? draft.id() : before));
    }

    private void addKeys(Request call, Draft draft) {
        call.arg(keys.once(draft.channel(), draft.tag(), draft.id())).arg(keys.kept(draft.channel(), draft.tag()));
    }

    /** What is the same for all publications of a call. */
    private void addShared(Request call, Draft draft, Lane lane) {
        boolean list = draft.channel().kind() == Channel.Kind.USER;
        boolean endless = draft.channel().kind() == Channel.Kind.BROADCAST;
        call.arg(list ? "list" : "stream")
                .arg(lane.link().replid())
                .arg(lane.mayOpen() ? 1 : 0)
                .arg((int) (random.getAsDouble() * OPENING_NUMBERS))
                .arg(list ? limits.inboxItemsMax() : limits.logItemsMax())
                .arg(limits.logBytesMax())
                .arg(endless ? 0 : limits.inboxTtl().toSeconds())
                .arg(limits.onceTtl().toSeconds());
    }

    private void addArguments(Request call, Draft draft) {
        addChannel(call, draft);
        call.arg(draft.headerTail()).arg(draft.payload());
    }

    private void addChannel(Request call, Draft draft) {
        call.arg(generations.highest(draft.tag())).arg(keys.live(draft.channel(), draft.tag()));
    }
}
