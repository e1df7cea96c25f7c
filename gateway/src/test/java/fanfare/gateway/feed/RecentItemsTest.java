package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.ChannelReader;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RecentItemsTest {
    private static final int ITEMS_MAX = 3;
    private static final int BYTES_MAX = 100;
    private static final int BYTES = 20;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final RecentItems.Budget budget =
            new RecentItems.Budget(ITEMS_MAX, new ChannelReader.Bounds(ITEMS_MAX, 2 * BYTES), BYTES_MAX, metrics);
    private final RecentItems shop = new RecentItems(budget);
    private final RecentItems news = new RecentItems(budget);

    @Test
    void keepsTheNewestAndSaysSinceWhenThatIsEverything() {
        add(shop, 1, 5);
        assertThat(sequences(shop, Point.after(position(3)))).containsExactly(4L, 5L);
        assertThat(shop.after(Point.after(position(1)))).isNull();
        assertThat(sequences(shop, Point.since(time(4)))).containsExactly(4L, 5L);
        assertThat(shop.after(Point.since(time(2))))
                .as("another one of that millisecond may have gone")
                .isNull();
    }

    @Test
    void bringsNoMoreThanAReadingOfRedisWould() {
        add(shop, 1, 5);
        assertThat(sequences(shop, Point.since(time(3)))).containsExactly(4L, 5L);
        assertThat(Objects.requireNonNull(shop.after(Point.since(time(3)))).reach())
                .isEqualTo(Reach.CUT);
        assertThat(Objects.requireNonNull(shop.after(Point.since(time(4)))).reach())
                .isEqualTo(Reach.LINKED);
    }

    @Test
    void channelsShareABudgetOfBytes() {
        add(shop, 1, 3);
        add(news, 1, 3);
        assertThat(bytes()).isEqualTo(BYTES_MAX);
        assertThat(sequences(shop, Point.after(position(1)))).containsExactly(2L, 3L);
        assertThat(sequences(news, Point.after(position(2)))).containsExactly(3L);
        assertThat(news.after(Point.after(position(1)))).as("what did not fit").isNull();
        shop.clear(null);
        assertThat(bytes()).isEqualTo(2 * BYTES);
        news.clear(null);
        assertThat(bytes()).isZero();
    }

    private double bytes() {
        return metrics.get("fanfare_recent_bytes").gauge().value();
    }

    private static void add(RecentItems to, int first, int last) {
        for (int i = first; i <= last; i++) {
            Position prev = i == 1 ? null : position(i - 1);
            Buffer event = Buffer.buffer("x".repeat(BYTES));
            to.add(new Item(position(i), prev, time(i), time(i) + 60_000, "id" + i, "/n", 0, event));
        }
    }

    private static List<Long> sequences(RecentItems of, Point point) {
        Reading reading = Objects.requireNonNull(of.after(point));
        return reading.items().stream().map(item -> item.position().sequence()).toList();
    }

    private static Position position(long sequence) {
        return new Position(7, sequence);
    }

    private static long time(long sequence) {
        return 1_000_000 + sequence;
    }
}
