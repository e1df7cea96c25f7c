package fanfare.deploy.selftest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(30)
@EnabledOnOs(OS.LINUX)
class PauseIT {
    private final Process victim;

    PauseIT() throws IOException {
        victim = new ProcessBuilder("sleep", "60").start();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        victim.destroyForcibly().waitFor();
    }

    @Test
    void aProcessStandsStillUntilThePauseEnds() throws Exception {
        Pause pause = Pause.of(victim.pid());
        awaitState("T");

        pause.end();
        awaitState("S");
    }

    /** The third field of {@code stat}, behind the name in brackets. */
    private void awaitState(String wanted) throws IOException {
        String state = "";
        while (!state.equals(wanted)) {
            String stat = Files.readString(Path.of("/proc", Long.toString(victim.pid()), "stat"));
            state = stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
        }
        assertThat(state).isEqualTo(wanted);
    }
}
