package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** Keys and arguments of the two scripts that append to a channel, in the order of their headers. */
public final class AppendCall {
    /**
     * What is added to a new generation is below this [us], so that two masters that begin from the same number do not open
     * the same one. Generations run up to a second ahead of the clock for it.
     */
    public static final int OPENING_NUMBERS = 1_000_000;

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

    List<String> keys(Draft draft) {
        Channel channel = draft.channel();
        return List.of(keys.fence(channel), keys.once(channel, draft.id()), keys.kept(channel));
    }

    /** @param after id of the publication to the same channel that this one must not come before; null for none */
    List<String> keys(Draft draft, @Nullable String after) {
        List<String> all = new ArrayList<>(keys(draft));
        if (after != null) {
            all.add(keys.once(draft.channel(), after));
        }
        return all;
    }

    List<Object> publish(Draft draft, Lane lane) {
        List<Object> arguments = append(draft, lane);
        arguments.add(draft.ttlMs());
        return arguments;
    }

    List<Object> replay(Outbox.Entry entry, Lane lane) {
        List<Object> arguments = append(entry.draft(), lane);
        arguments.add(entry.position().generation());
        arguments.add(entry.position().sequence());
        arguments.add(entry.serverMs());
        arguments.add(entry.expiresMs());
        return arguments;
    }

    private List<Object> append(Draft draft, Lane lane) {
        Channel channel = draft.channel();
        boolean list = channel.kind() == Channel.Kind.USER;
        boolean endless = channel.kind() == Channel.Kind.BROADCAST;
        return new ArrayList<>(List.of(
                list ? "list" : "stream",
                keys.live(channel),
                lane.link().replid(),
                lane.mayOpen() ? 1 : 0,
                generations.highest(draft.tag()),
                (int) (random.getAsDouble() * OPENING_NUMBERS),
                draft.headerTail(),
                draft.payload(),
                list ? limits.inboxItemsMax() : limits.logItemsMax(),
                limits.logBytesMax(),
                endless ? 0 : limits.inboxTtl().toSeconds(),
                limits.onceTtl().toSeconds()));
    }
}
