package fanfare.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {
    private static final long TTL_MS = 60_000;
    private static final Buffer PAYLOAD = Buffer.buffer("{\"type\":\"event\",\"data\":\"ä\",\"id\":\"i 1\"");
    private static final String TAIL = Item.headerTail("i 1", "/ä b", 90);

    private record Place(String user, Position position, @Nullable Position prev, long serverMs) {}

    @Test
    void eachUserGetsTheItemThatTheirOwnChannelWouldHaveCarried() {
        List<Place> places = List.of(
                new Place("alice", new Position(7, 12), new Position(7, 3), 1_000),
                new Place("-", new Position(7, 13), null, 1_000),
                new Place("a/b?c,d|e", new Position(7, 14), new Position(6, 99), 1_000),
                new Place("later", new Position(7, 15), new Position(7, 1), 1_001),
                new Place("elsewhere", new Position(5, 2), new Position(5, 1), 999));
        Bundle bundle = new Bundle(TAIL, PAYLOAD, TTL_MS);
        places.forEach(each -> bundle.add(each.user(), each.position(), each.prev(), each.serverMs()));

        List<String> users = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        Bundle.read(bundle.bytes(), (user, item) -> {
            users.add(user);
            items.add(item);
        });
        assertThat(users)
                .containsExactlyElementsOf(places.stream().map(Place::user).toList());
        assertThat(items)
                .containsExactlyElementsOf(
                        places.stream().map(BundleTest::alone).map(Item::parse).toList());
        assertThat(items)
                .extracting(Item::bytes)
                .containsExactlyElementsOf(
                        places.stream().map(BundleTest::alone).toList());
    }

    @Test
    void isFullBeforeAGatewayMakesMuchOfIt() {
        assertThat(usersOfAFullOne(128, "user")).isEqualTo(1_000);
        assertThat(usersOfAFullOne(64 << 10, "user")).isEqualTo(16);
        assertThat(usersOfAFullOne(128, "u".repeat(1_000))).isBetween(60, 70);
    }

    private static int usersOfAFullOne(int payloadLength, String user) {
        Bundle bundle = new Bundle(TAIL, Buffer.buffer(new byte[payloadLength]), TTL_MS);
        int users = 0;
        while (!bundle.isFull()) {
            bundle.add(user, new Position(7, ++users), null, 1_000);
        }
        return users;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1 i n\n1 1 1 u 1 -",
                "1 i n\n1 1 1 u 1 -\n",
                "1 i n\n1 1 1 u 1 -\n[]",
                "1 i\n1 1 1 u 1 -\n{}",
                "1 i n 9 9\n1 1 1 u 1 -\n{}",
                "x i n\n1 1 1 u 1 -\n{}",
                "1 i n\n1 1 2 u 1 -\n{}",
                "1 i n\n1 1 1 u x -\n{}",
                "1 i n\n1 1 1 u 1 1-x\n{}"
            })
    void whatIsNoBundleIsSaidSo(String bytes) {
        assertThatThrownBy(() -> Bundle.read(Buffer.buffer(bytes), (user, item) -> Channel.user(user)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** As Redis keeps it. */
    private static Buffer alone(Place place) {
        return Buffer.buffer(place.position() + " " + (place.prev() == null ? "-" : place.prev()) + " "
                + place.serverMs() + " " + (place.serverMs() + TTL_MS) + " " + TAIL + "\n" + PAYLOAD + ",\"time\":"
                + place.serverMs() + "}");
    }
}
