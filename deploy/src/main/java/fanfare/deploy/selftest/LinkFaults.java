package fanfare.deploy.selftest;

import fanfare.deploy.selftest.ledger.Ledger;
import fanfare.deploy.selftest.rig.Rig;
import fanfare.deploy.selftest.rig.Service;
import java.io.IOException;

/** Faults of the links between gateways and Redis. */
final class LinkFaults {
    /** Redis' own default: hard limit, soft limit, for how long [s]. */
    private static final String OUTPUT_LIMIT_DEFAULT = "pubsub 33554432 8388608 60";

    private static final String OUTPUT_LIMIT_TINY = "pubsub 8192 0 0";
    /** Far more than the limit. */
    private static final int LARGE_BYTES = 40_000;

    private LinkFaults() {}

    static void killSubscribers(Stage stage) throws IOException, InterruptedException {
        double before = resubscriptions(stage);
        stage.repeat(round -> {
            stage.rig.redisPair().master().command("CLIENT", "KILL", "TYPE", "pubsub");
            stage.pass(2);
        });
        stage.expect(resubscriptions(stage) > before, "gateways lose their subscriptions");
    }

    static void swallow(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            // First a network that is gone for a while, new connections included ...
            stage.rig.redisPair().link(0).swallow();
            stage.pass(10);
            stage.rig.redisPair().link(0).heal();
            stage.pass(3);
            // ... then one that has merely forgotten the connections it had.
            for (int gateway = 0; gateway < Rig.GATEWAYS; gateway++) {
                stage.rig.redisPair().link(gateway).forget();
            }
            stage.pass(8);
        });
    }

    static void limitOutput(Stage stage) throws IOException, InterruptedException {
        double before = resubscriptions(stage);
        limit(stage, OUTPUT_LIMIT_TINY);
        try {
            stage.repeat(round -> {
                int user = stage.random.nextInt(stage.users);
                stage.loop.run(() -> stage.load.publishLarge(user, LARGE_BYTES));
                stage.pass(2);
                stage.loop.run(() -> stage.load.publishLarge(Ledger.BROADCAST, LARGE_BYTES));
                stage.pass(3);
            });
        } finally {
            limit(stage, OUTPUT_LIMIT_DEFAULT);
        }
        stage.expect(resubscriptions(stage) > before, "gateways lose their subscriptions");
    }

    /** That they rise tells that the fault is one. */
    private static double resubscriptions(Stage stage) throws IOException, InterruptedException {
        double sum = 0;
        for (Service gateway : stage.rig.gateways()) {
            sum += gateway.metric("fanfare_redis_resubscriptions_total");
        }
        return sum;
    }

    private static void limit(Stage stage, String limit) throws IOException {
        stage.rig.redisPair().master().command("CONFIG", "SET", "client-output-buffer-limit", limit);
    }
}
