package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class DeliveredIdsTest {
    private static final int IDS_MAX = 8;
    private static final long NOW_MS = 1_700_000_000_000L;
    private static final long DAY_MS = 86_400_000;

    private final DeliveredIds ids = new DeliveredIds(IDS_MAX, new SimpleMeterRegistry());
    private long stamps;

    @Test
    void aRepeatIsKnownByTheStampOfTheFirstTime() {
        add("a", NOW_MS);
        assertThat(add("a", NOW_MS)).isEqualTo(1);
    }

    @Test
    void whatIsOlderThanTwoMinutesIsForgotten() {
        add("a", NOW_MS);
        assertThat(add("a", NOW_MS + DeliveredIds.REPEAT_MS_MAX)).isEqualTo(DeliveredIds.NEVER);
    }

    @Test
    void anOldItemThatSomebodyMissedMakesNothingForgottenSooner() {
        for (String id : new String[] {"a", "b", "c", "d"}) {
            add(id, NOW_MS);
        }
        add("missed", NOW_MS - DAY_MS);
        add("e", NOW_MS);
        assertThat(add("d", NOW_MS)).isEqualTo(4);
    }

    private long add(String id, long serverMs) {
        Item item = new Item(new Position(7, 1), null, serverMs, serverMs + 60_000, id, "/n", 0, Buffer.buffer("{}"));
        return ids.add(DeliveredIds.hash(Channel.BROADCAST), item, ++stamps);
    }
}
