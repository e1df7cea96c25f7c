package fanfare.publisher.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.redis.StreamId;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventTest {
    @Test
    void idsGrowAsText() {
        List<String> ids = Stream.of(
                        new StreamId(999_999_999_999L, 11),
                        new StreamId(1_764_112_345_678L, 2),
                        new StreamId(1_764_112_345_678L, 10),
                        new StreamId(1_764_112_345_679L, 0))
                .map(place -> new Event("7", place, Event.Change.ONLINE, "42")
                        .toJson()
                        .getString("id"))
                .toList();
        assertThat(ids).isSorted().doesNotHaveDuplicates();
        assertThat(ids.get(2)).isEqualTo("1764112345678-000010-7");
    }

    @Test
    void isToldAsDocumented() {
        assertThat(new Event("7", new StreamId(1_764_112_345_678L, 0), Event.Change.OFFLINE, "a\"b")
                        .toJson()
                        .encode())
                .isEqualTo(
                        """
                        {"id":"1764112345678-000000-7","type":"user.offline","user":"a\\"b","time":1764112345678}""");
    }
}
