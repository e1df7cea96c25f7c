package fanfare.gateway.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.Report;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What receipts may cost: neither reports nor what may be acknowledged grow beyond their limits. */
class ReportsTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Runnable> turns = new ArrayList<>();
    private final List<String> handedOver = new ArrayList<>();

    @Test
    void whatOneTickSawIsHandedOverTogether() {
        Reports reports = reports(10, 10);
        Receipt receipt = receipt("i");
        reports.held(receipt, 2);
        reports.written(receipt, "c1", "xhr", null);
        assertThat(handedOver).isEmpty();
        assertThat(turns).hasSize(1);
        endTick();
        assertThat(handedOver).containsExactly("held user:42 1 7 2", "written user:42 1 7 c1 xhr");
    }

    @Test
    void reportsThatFindNoRoomAreDroppedAndCounted() {
        Reports reports = reports(2, 10);
        Receipt receipt = receipt("i");
        for (int i = 0; i < 5; i++) {
            reports.written(receipt, "c" + i, "xhr", "42");
        }
        endTick();
        assertThat(handedOver).hasSize(2);
        assertThat(count("fanfare_receipt_reports_dropped_total")).isEqualTo(3);
        assertThat(count("fanfare_receipt_reports_total")).isEqualTo(5);
    }

    @Test
    void whatWasDroppedAsWrittenCannotBeAcknowledged() {
        ReceiptLimits limits = new ReceiptLimits(1, 10);
        Collector.Room room = new Collector.Room(limits, metrics);
        Reports reports = reports(room, limits);
        reports.written(receipt("i"), "c1", "xhr", "42");
        reports.written(receipt("i"), "c2", "xhr", "42");
        endTick();
        room.give(1);
        handedOver.clear();
        reports.acknowledged("c2", List.of("i"));
        reports.acknowledged("c1", List.of("i"));
        endTick();
        assertThat(handedOver).containsExactly("acknowledged user:42 1 7 c1");
    }

    @Test
    void theOldestThatNobodyAcknowledgedIsForgotten() {
        Reports reports = reports(10, 2);
        for (String id : List.of("a", "b", "c")) {
            reports.written(receipt(id), "c1", "xhr", "42");
        }
        assertThat(count("fanfare_receipt_acknowledgements_forgotten_total")).isEqualTo(1);
        endTick();
        handedOver.clear();
        reports.acknowledged("c1", List.of("a", "b"));
        endTick();
        assertThat(handedOver).containsExactly("acknowledged user:42 1 7 c1");
    }

    @Test
    void connectionsBeyondAThousandAreOnlyCounted() {
        Reports reports = reports(10_000, 10_000);
        Receipt receipt = receipt("i");
        int all = ReceiptWriter.CONNECTIONS_MAX + 5;
        for (int i = 0; i < all; i++) {
            reports.written(receipt, "c" + i, "xhr", "42");
        }
        endTick();
        assertThat(handedOver).hasSize(ReceiptWriter.CONNECTIONS_MAX + 1).contains("counted user:42 1 5 0 0");
        handedOver.clear();
        for (int i = 0; i < all; i++) {
            reports.acknowledged("c" + i, List.of("i"));
        }
        endTick();
        assertThat(handedOver).hasSize(ReceiptWriter.CONNECTIONS_MAX + 1).contains("counted user:42 1 0 5 0");
    }

    private Reports reports(int reportsMax, int acknowledgementsMax) {
        ReceiptLimits limits = new ReceiptLimits(reportsMax, acknowledgementsMax);
        return reports(new Collector.Room(limits, metrics), limits);
    }

    private Reports reports(Collector.Room room, ReceiptLimits limits) {
        return new Reports(
                limits,
                room,
                turns::add,
                seen -> seen.values().stream()
                        .flatMap(List::stream)
                        .map(Report::line)
                        .forEach(handedOver::add),
                () -> 7);
    }

    private void endTick() {
        List<Runnable> due = List.copyOf(turns);
        turns.clear();
        due.forEach(Runnable::run);
    }

    private double count(String name) {
        return metrics.get(name).counter().count();
    }

    private static Receipt receipt(String id) {
        Item item = new Item(new Position(1, 1), null, 1, 2, id, "/n", 60, Buffer.buffer("{}"));
        return Objects.requireNonNull(Receipt.of(Channel.user("42"), item));
    }
}
