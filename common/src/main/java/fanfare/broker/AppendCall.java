package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import java.util.ArrayList;
import java.util.List;
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
        boolean following = attempts.stream().anyMatch(attempt -> attempt.after() != null);
        Call call = append(attempts.get(0).draft(), lane);
        for (Attempt attempt : attempts) {
            Draft draft = attempt.draft();
            add(call, draft);
            if (following) {
                String before = attempt.after() == null ? draft.id() : attempt.after();
                call.keys().add(keys.once(draft.channel(), before));
            }
            call.arguments().add(draft.ttlMs());
        }
        return call;
    }

    Call replay(Outbox.Entry entry, Lane lane) {
        Call call = append(entry.draft(), lane);
        add(call, entry.draft());
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

    private void add(Call call, Draft draft) {
        call.keys().add(keys.once(draft.channel(), draft.id()));
        call.keys().add(keys.kept(draft.channel()));
        call.arguments().add(keys.live(draft.channel()));
        call.arguments().add(draft.headerTail());
        call.arguments().add(draft.payload());
    }
}
