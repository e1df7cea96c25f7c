package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Keys and arguments of the scripts that append to channels, in the order of their headers. */
public final class AppendCall {
    /**
     * What is added to a new generation is below this [us], so that two masters that begin from the same number do not open
     * the same one. Generations run up to a second ahead of the clock for it.
     */
    public static final int OPENING_NUMBERS = 1_000_000;

    /** What one script is called with. */
    record Call(List<String> keys, List<Object> arguments) {}

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

    /** A call for one or several publications under one tag, in their order. */
    Call publish(List<Attempt> attempts, Lane lane) {
        boolean following = isFollowing(attempts);
        Call call = append(attempts.get(0).draft(), lane);
        for (Attempt attempt : attempts) {
            addKeys(call, attempt.draft());
            addPredecessor(call, attempt, following);
            addMessage(call, attempt.draft());
            call.arguments().add(attempt.draft().ttlMs());
        }
        return call;
    }

    /**
     * A call for parts of mailings under one tag, in their order.
     *
     * @param gateways incarnations of those that can be handed a mailing
     */
    Call multicast(List<Attempt> attempts, List<String> gateways, Lane lane) {
        boolean following = isFollowing(attempts);
        Draft first = attempts.get(0).draft();
        Call call = append(first, lane);
        call.keys().add(keys.presence(first.tag()));
        call.arguments()
                .add(keys.live(first.channel()).length()
                        - first.channel().name().length()
                        + 1);
        call.arguments().add(gateways.size());
        call.arguments().addAll(gateways);
        Map<Mailing, Integer> numbers = new LinkedHashMap<>();
        attempts.forEach(attempt -> numbers.putIfAbsent(attempt.mailing(), numbers.size()));
        call.arguments().add(numbers.size());
        for (Mailing mailing : numbers.keySet()) {
            call.arguments().add(mailing.draft().headerTail());
            call.arguments().add(mailing.draft().payload());
            call.arguments().add(mailing.draft().ttlMs());
        }
        for (Attempt attempt : attempts) {
            addKeys(call, attempt.draft());
            addPredecessor(call, attempt, following);
            call.arguments().add(keys.live(attempt.draft().channel()));
            call.arguments().add(numbers.get(attempt.mailing()));
        }
        return call;
    }

    Call replay(Outbox.Entry entry, Lane lane) {
        Call call = append(entry.draft(), lane);
        addKeys(call, entry.draft());
        addMessage(call, entry.draft());
        call.arguments()
                .addAll(List.of(
                        entry.position().generation(),
                        entry.position().sequence(),
                        entry.serverMs(),
                        entry.expiresMs()));
        return call;
    }

    /** What is the same for all publications under a tag. */
    private Call append(Draft draft, Lane lane) {
        Channel channel = draft.channel();
        boolean list = channel.kind() == Channel.Kind.USER;
        boolean endless = channel.kind() == Channel.Kind.BROADCAST;
        List<String> fence = new ArrayList<>();
        fence.add(keys.fence(channel));
        return new Call(
                fence,
                new ArrayList<>(List.of(
                        list ? "list" : "stream",
                        lane.link().replid(),
                        lane.mayOpen() ? 1 : 0,
                        generations.highest(draft.tag()),
                        (int) (random.getAsDouble() * OPENING_NUMBERS),
                        list ? limits.inboxItemsMax() : limits.logItemsMax(),
                        limits.logBytesMax(),
                        endless ? 0 : limits.inboxTtl().toSeconds(),
                        limits.onceTtl().toSeconds())));
    }

    private static boolean isFollowing(List<Attempt> attempts) {
        return attempts.stream().anyMatch(attempt -> attempt.after() != null);
    }

    private void addKeys(Call call, Draft draft) {
        call.keys().add(keys.once(draft.channel(), draft.id()));
        call.keys().add(keys.kept(draft.channel()));
    }

    private void addPredecessor(Call call, Attempt attempt, boolean following) {
        if (following) {
            Draft draft = attempt.draft();
            String before = attempt.after() == null ? draft.id() : attempt.after();
            call.keys().add(keys.once(draft.channel(), before));
        }
    }

    private void addMessage(Call call, Draft draft) {
        call.arguments().add(keys.live(draft.channel()));
        call.arguments().add(draft.headerTail());
        call.arguments().add(draft.payload());
    }
}
