package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AudienceTest {
    @Test
    void everybodyWhoCameAndHasNotGoneHearsOnce() {
        Random random = new Random(1);
        Audience audience = new Audience();
        List<Subscription> there = new ArrayList<>();
        List<Subscription> gone = new ArrayList<>();
        for (int step = 0; step < 5_000; step++) {
            if (random.nextInt(8) < 4) {
                Subscription comes = subscription();
                audience.add(comes);
                there.add(comes);
            } else if (!there.isEmpty()) {
                Subscription goes = there.remove(random.nextInt(there.size()));
                audience.remove(goes);
                gone.add(goes);
            }
            if (!gone.isEmpty()) {
                audience.remove(gone.get(random.nextInt(gone.size())));
            }
            List<Subscription> heard = new ArrayList<>();
            audience.forEach(heard::add);
            assertThat(heard).containsExactlyInAnyOrderElementsOf(there);
            assertThat(audience.size()).isEqualTo(there.size());
            assertThat(audience.isEmpty()).isEqualTo(there.isEmpty());
        }
    }

    /** One whose session does not matter. */
    private static Subscription subscription() {
        return new Subscription(null, Channel.BROADCAST, Point.BEGINNING);
    }
}
