package fanfare.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class AlarmTest {
    @Test
    void itRingsOnceHoweverManySetItAndAgainWhenItIsSetAgain(Vertx vertx, VertxTestContext test) {
        vertx.getOrCreateContext().runOnContext(go -> {
            List<String> rung = new ArrayList<>();
            Alarm[] alarms = new Alarm[2];
            alarms[0] = new Alarm(vertx, Duration.ofMillis(10), () -> {
                rung.add("early");
                if (rung.size() == 1) {
                    alarms[0].set();
                    alarms[0].set();
                }
            });
            alarms[1] = new Alarm(vertx, Duration.ofMillis(100), () -> {
                test.verify(() -> assertThat(rung).containsExactly("early", "early"));
                test.completeNow();
            });
            alarms[0].set();
            alarms[0].set();
            alarms[1].set();
        });
    }
}
