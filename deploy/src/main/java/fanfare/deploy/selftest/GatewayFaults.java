package fanfare.deploy.selftest;

import fanfare.deploy.selftest.rig.Pause;
import fanfare.deploy.selftest.rig.Rig;
import fanfare.deploy.selftest.rig.Service;
import java.io.IOException;

/** Faults of gateways. */
final class GatewayFaults {
    private static final int PAUSE_S = 30;

    private GatewayFaults() {}

    static void kill(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            Service victim = stage.rig.gateways().get(stage.random.nextInt(Rig.GATEWAYS));
            victim.kill();
            stage.pass(4);
            victim.startAgain();
            stage.rig.awaitReady();
            stage.pass(3);
        });
    }

    static void pause(Stage stage) throws IOException, InterruptedException {
        Pause pause =
                stage.rig.gateways().get(stage.random.nextInt(Rig.GATEWAYS)).pause();
        try {
            stage.pass(PAUSE_S);
        } finally {
            pause.end();
        }
        stage.pass(5);
    }
}
