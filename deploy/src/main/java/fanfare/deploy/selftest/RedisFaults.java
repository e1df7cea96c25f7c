package fanfare.deploy.selftest;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Faults of Redis itself, where it is a pair or either. */
final class RedisFaults {
    /** Percent of the clients who are away while Redis loses data. */
    static final int AWAY = 10;

    private static final int REPEATS_S_MAX = 120;

    private RedisFaults() {}

    static void failOver(Stage stage) throws IOException, InterruptedException {
        stage.rig.redisPair().isolateReplica();
        // Who is connected has had it all before; who is away needs what only the publishers still have.
        stage.loop.run(() -> stage.crowd.drop(AWAY));
        stage.pass(5);
        stage.losingData(change -> stage.rig.redis().replaceMaster());
        stage.pass(3);
        stage.loop.run(stage.crowd::comeBack);
        stage.pass(7);
    }

    static void restartEmpty(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            stage.loop.run(() -> stage.crowd.drop(AWAY));
            stage.pass(2);
            stage.losingData(change -> stage.rig.redisPair().restartEmpty());
            stage.pass(3);
            stage.loop.run(stage.crowd::comeBack);
            stage.pass(5);
        });
    }

    static void retryAcrossFailOver(Stage stage) throws IOException, InterruptedException {
        stage.loop.run(stage.load::repeatEverything);
        stage.pass(5);
        stage.rig.redis().awaitReplicas();
        stage.losingData(change -> stage.rig.redis().replaceMaster());
        stage.pass(2);
        try {
            stage.loop.ask(stage.load::repeatOnceMore).await(REPEATS_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            stage.expect(false, "everything can be published once more: " + e.getMessage());
        }
        stage.pass(3);
    }
}
