package fanfare.deploy.selftest;

import fanfare.deploy.selftest.rig.RedisPair;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Faults of Redis itself. */
final class RedisFaults {
    /** Percent of the clients who are away while Redis loses data. */
    private static final int AWAY = 10;

    private static final int OUTAGE_S = 2;
    private static final int REPEATS_S_MAX = 120;

    private RedisFaults() {}

    static void failOver(Stage stage) throws IOException, InterruptedException {
        stage.rig.redis().isolateReplica();
        // Who is connected has had it all before; who is away needs what only the publishers still have.
        stage.loop.run(() -> stage.crowd.drop(AWAY));
        stage.pass(5);
        stage.losingData(RedisFaults::replaceMaster);
        stage.pass(3);
        stage.loop.run(stage.crowd::comeBack);
        stage.pass(7);
    }

    /** As slow as a quick Sentinel. */
    private static void replaceMaster(Stage stage) throws IOException, InterruptedException {
        RedisPair redis = stage.rig.redis();
        redis.killMaster();
        stage.pass(OUTAGE_S);
        redis.promoteReplica();
    }

    static void restartEmpty(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            stage.loop.run(() -> stage.crowd.drop(AWAY));
            stage.pass(2);
            stage.losingData(change -> stage.rig.redis().restartEmpty());
            stage.pass(3);
            stage.loop.run(stage.crowd::comeBack);
            stage.pass(5);
        });
    }

    static void retryAcrossFailOver(Stage stage) throws IOException, InterruptedException {
        stage.loop.run(stage.load::repeatEverything);
        stage.pass(5);
        stage.rig.redis().awaitReplica();
        stage.losingData(RedisFaults::replaceMaster);
        stage.pass(2);
        try {
            stage.loop.ask(stage.load::repeatOnceMore).await(REPEATS_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            stage.expect(false, "everything can be published once more: " + e.getMessage());
        }
        stage.pass(3);
    }
}
