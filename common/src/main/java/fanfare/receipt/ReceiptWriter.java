package fanfare.receipt;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/** Writes receipts: the publisher what is stored, gateways what they see of it. */
public final class ReceiptWriter {
    /** Connections of one receipt that are told apart; of more it is only known how many there are. */
    public static final int CONNECTIONS_MAX = 1_000;
    /** Channels of one receipt, as many as one publish can name: whoever reads it gets all of it from Redis in one piece. */
    public static final int CHANNELS_MAX = 1_000;

    /**
     * Some reports of one gateway on the publications with one id.
     *
     * @param number higher than that of the gateway's calls before; a call that is repeated keeps it
     * @param endMs when the receipt is over, on Redis' clock [ms]
     */
    public record Call(long number, String id, long endMs, List<Report> reports) {}

    private final RedisLinks redis;
    private final Keys keys;
    private final LuaScript stored = new LuaScript("receipt-stored");
    private final LuaScript report = new LuaScript("receipt-report");

    public ReceiptWriter(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Whether Redis can be reached just now. */
    public boolean isUp() {
        return redis.isUp();
    }

    /**
     * Notes down that a publication is stored.
     *
     * @param endMs when the receipt is over, on Redis' clock [ms]
     * @param first whether this is what is stored; a duplicate of something else only asks
     * @return whether there is a receipt for it, which may have {@link #CHANNELS_MAX} without it; fails with
     *     {@link fanfare.redis.RedisDownException}
     */
    public Future<Boolean> stored(String id, Channel channel, Stored what, long endMs, boolean first) {
        return stored.run(
                        redis,
                        List.of(keys.receipt(id)),
                        List.of(channel, what.encode(), endMs, first ? "1" : "0", CHANNELS_MAX))
                .map(answer -> answer.toString().equals("1"));
    }

    /**
     * Notes down what a gateway saw.
     *
     * @param gateway id of this run of the gateway
     * @param node the gateway's name
     * @param nowMs the time by the clock that the reports' times are of [ms]
     */
    public Future<Void> report(String gateway, String node, long nowMs, Call call) {
        List<Object> arguments = new ArrayList<>(7 + call.reports().size());
        arguments.addAll(List.of(gateway, call.number(), node, nowMs, call.endMs(), CONNECTIONS_MAX, CHANNELS_MAX));
        call.reports().forEach(each -> arguments.add(each.line()));
        return report.run(redis, List.of(keys.receipt(call.id())), arguments).mapEmpty();
    }
}
