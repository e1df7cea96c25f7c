package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Item;
import fanfare.channel.Position;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadingTest {
    private static final long KEPT_MS = 600_000;
    /** Long after generations 1 to 9 began. */
    private static final long LATER_MS = 100_000;

    private static final Fence FENCE = new Fence(1, 1_000_000, 2_000_000);

    @Test
    void readsWhatFollowsAPosition() {
        Reading reading = whole("1-4<1-2 1-5<1-4 1-9<1-5", Point.after(new Position(1, 4)));
        assertThat(positions(reading)).isEqualTo("1-5 1-9");
        assertThat(reading.reach()).isEqualTo(Reach.LINKED);
        assertThat(reading.before()).isEqualTo(new Position(1, 4));
    }

    @Test
    void aPositionThatIsGoneIsLinkedByThePredecessorOfTheHead() {
        assertThat(whole("1-5<1-4", Point.after(new Position(1, 4))).reach()).isEqualTo(Reach.LINKED);
        assertThat(whole("1-5<1-4", Point.after(new Position(1, 3))).reach()).isEqualTo(Reach.CUT);
        assertThat(whole("1-5<1-4", Point.after(new Position(2, 9))).reach()).isEqualTo(Reach.CUT);
    }

    @Test
    void theOrderOfTheListIsTheTruthAcrossGenerations() {
        Reading reading = whole("9-1<- 9-2<9-1 3-1<9-2 3-2<3-1", Point.after(new Position(9, 7)));
        assertThat(positions(reading)).isEqualTo("3-1 3-2");
        assertThat(reading.reach()).isEqualTo(Reach.LINKED);
    }

    @Test
    void aListFromItsBeginningProvesNothingByItself() {
        assertThat(whole("2-1<- 2-2<2-1", Point.after(new Position(1, 4))).reach())
                .isEqualTo(Reach.BEGINNING);
        assertThat(whole("", Point.after(new Position(1, 4))).reach()).isEqualTo(Reach.BEGINNING);
        assertThat(whole("1-1<-", Point.BEGINNING).reach()).isEqualTo(Reach.BEGINNING);
        assertThat(whole("1-2<1-1", Point.BEGINNING).reach()).isEqualTo(Reach.CUT);
    }

    @Test
    void aMomentIsFoundByTheTimeOfTheItems() {
        Reading reading = whole("1-1<- 1-2<1-1 1-3<1-2", Point.since(LATER_MS + 2));
        assertThat(positions(reading)).isEqualTo("1-2 1-3");
        assertThat(reading.reach()).isEqualTo(Reach.LINKED);
    }

    @Test
    void whatWasPublishedAgainDoesNotHideWhatIsYoungerBeforeIt() {
        Position young = new Position(1_000 * LATER_MS, 1);
        Position again = new Position(1_000 * LATER_MS, 2);
        List<Item> items = List.of(item(young, new Position(1, 9), LATER_MS + 7), item(again, young, LATER_MS - 3));
        Reading reading = Reading.of(items, true, Point.since(LATER_MS + 5));
        assertThat(reading).isNotNull();
        assertThat(reading.items()).isEqualTo(items);
        // Whatever stood before it may have been as young.
        assertThat(reading.reach()).isEqualTo(Reach.CUT);
    }

    @Test
    void aSuffixThatDoesNotReachBackIsNoReading() {
        assertThat(Reading.of(items("1-5<1-4"), false, Point.after(new Position(1, 3))))
                .isNull();
    }

    @Test
    void tooMuchIsCutToTheNewest() {
        Reading reading = whole("1-1<- 1-2<1-1 1-3<1-2 1-4<1-3", Point.BEGINNING);
        assertThat(reading.within(4, 100)).isEqualTo(reading);
        Reading few = reading.within(2, 100);
        assertThat(positions(few)).isEqualTo("1-3 1-4");
        assertThat(few.reach()).isEqualTo(Reach.CUT);
        assertThat(few.before()).isEqualTo(new Position(1, 2));
        assertThat(positions(reading.within(4, 7))).isEqualTo("1-2 1-3 1-4");
        assertThat(positions(reading.within(4, 1))).isEqualTo("1-4");
    }

    @ParameterizedTest
    @CsvSource({
        "LINKED, 0, 0, true", // needs no more proof
        "CUT, 2000000, 0, false", // nothing can prove it
        "BEGINNING, 1990000, 0, true", // the slot was born long before
        "BEGINNING, 1020000, 0, false", // perhaps it was not
        "BEGINNING, 1999999, 7, false", // the slot was another one
        "BEGINNING, 1459999, 0, false", // it may have expired
        "BEGINNING, 1460001, 0, true"
    })
    void evidenceDecidesWhatALinkDoesNot(Reach reach, long asOfMs, int mark, boolean proven) {
        Reading reading = new Reading(List.of(), null, null, reach);
        Fence fence = reach == Reach.BEGINNING && asOfMs == 1_020_000 ? new Fence(1, 1_000_001, 1_030_000) : FENCE;
        assertThat(new Evidence(asOfMs, mark).proves(reading, fence, KEPT_MS)).isEqualTo(proven);
    }

    @Test
    void theSlotsMarkProvesMoreThanAClock() {
        Reading reading = new Reading(List.of(), null, null, Reach.BEGINNING);
        Fence young = new Fence(0, 1_999_999, 2_000_000);
        assertThat(new Evidence(1_999_999, 0).proves(reading, young, KEPT_MS)).isFalse();
        assertThat(new Evidence(1_999_999, young.mark()).proves(reading, young, KEPT_MS))
                .isTrue();
        assertThat(young.mark()).isPositive();
    }

    private static Reading whole(String items, Point point) {
        Reading reading = Reading.of(items(items), true, point);
        assertThat(reading).isNotNull();
        return reading;
    }

    private static String positions(Reading reading) {
        return String.join(
                " ",
                reading.items().stream().map(item -> item.position().toString()).toList());
    }

    /** Items written {@code position<prev}, a millisecond apart, with events of two bytes. */
    private static List<Item> items(String text) {
        List<Item> items = new ArrayList<>();
        for (String item : text.split(" ", -1)) {
            int at = item.indexOf('<');
            if (at > 0) {
                Position position = Objects.requireNonNull(Position.parse(item.substring(0, at)));
                Position prev = Position.parse(item.substring(at + 1));
                items.add(item(position, prev, LATER_MS + items.size() + 1));
            }
        }
        return items;
    }

    private static Item item(Position position, @Nullable Position prev, long serverMs) {
        return new Item(position, prev, serverMs, Long.MAX_VALUE, "i", "/n", 0, Buffer.buffer("{}"));
    }
}
