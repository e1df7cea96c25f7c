package fanfare.deploy.selftest;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Faults of Redis itself. */
final class RedisFaults {
    /** Percent of the clients who are away while Redis is emptied. */
    private static final int AWAY = 10;

    private static final int REPEATS_S_MAX = 120;

    private RedisFaults() {}

    static void failOver(Stage stage) throws IOException, InterruptedException {
        stage.rig.redis().isolateReplica();
        stage.pass(5);
        stage.losingData(change -> stage.rig.redis().failOver());
        stage.pass(10);
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
        stage.losingData(change -> stage.rig.redis().failOver());
        stage.pass(2);
        try {
            stage.loop.ask(stage.load::repeatOnceMore).await(REPEATS_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            stage.expect(false, "everything can be published once more: " + e.getMessage());
        }
        stage.pass(3);
    }
}
