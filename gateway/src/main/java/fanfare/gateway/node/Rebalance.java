package fanfare.gateway.node;

import fanfare.gateway.drain.Drain;
import fanfare.gateway.session.Hub;
import fanfare.presence.Gateways;
import fanfare.presence.NodeState;
import fanfare.process.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Has browsers move away while this gateway has clearly more of them than others. Nobody is told where to go: that is the
 * balancer's to say. Confined to the node loop, but for {@link #register}.
 */
public final class Rebalance {
    /** What an operator may set; {@code ageMin} is how old a session is at least that is asked to move. */
    public record Settings(Balance balance, Duration ageMin) {}

    static final String REASON = "rebalance";

    private static final System.Logger LOG = System.getLogger(Rebalance.class.getName());
    private static final Duration ROUND = Duration.ofSeconds(Balance.ROUND_S);

    private final Gateways gateways;
    private final Supplier<String> incarnation;
    private final IntSupplier connections;
    private final Drain drain;
    private final Settings settings;
    private final Takers takers = new Takers();
    private final List<Hub> hubs = new CopyOnWriteArrayList<>();

    /** {@code incarnation} is how this gateway stands in Redis, {@code connections} are those that it has. */
    Rebalance(
            Gateways gateways, Supplier<String> incarnation, IntSupplier connections, Drain drain, Settings settings) {
        this.gateways = gateways;
        this.incarnation = incarnation;
        this.connections = connections;
        this.drain = drain;
        this.settings = settings;
    }

    void start(Ticker ticker) {
        if (settings.balance().perSecondMax() > 0) {
            ticker.every(ROUND, this::look);
        }
    }

    void register(Hub hub) {
        hubs.add(hub);
    }

    /** Without Redis nothing is known of others, and nobody is moved. */
    private void look() {
        if (!drain.isOn()) {
            gateways.byIncarnation()
                    .onSuccess(this::judge)
                    .onFailure(away -> LOG.log(
                            System.Logger.Level.DEBUG, "the others' leases cannot be read: {0}", away.getMessage()));
        }
    }

    private void judge(Map<String, NodeState> living) {
        living.remove(incarnation.get());
        Map<String, Integer> others = takers.among(living);
        List<Integer> theirs = List.copyOf(others.values());
        int mine = connections.getAsInt();
        int left = settings.balance().toMove(mine, theirs);
        if (left > 0) {
            takers.sent(others);
            LOG.log(
                    System.Logger.Level.INFO,
                    "asking {0,number,#} of {1,number,#} browsers to move: others have {2}",
                    left,
                    mine,
                    theirs);
        }
        int hubsLeft = hubs.size();
        for (Hub hub : hubs) {
            int share = left / hubsLeft--;
            left -= share;
            hub.execute(() -> hub.askToMove(share, settings.ageMin().toMillis(), ROUND.toMillis(), REASON));
        }
    }
}
