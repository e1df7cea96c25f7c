package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class QuietTest {
    private final Quiet quiet = new Quiet();

    @Test
    void aTagIsQuietWhileItsCounterStandsWhereItStood() {
        assertThat(quiet.isQuiet("a", "7-1")).isFalse();
        quiet.compared("a", "7-1", quiet.term());
        assertThat(quiet.isQuiet("a", "7-1")).isTrue();
        assertThat(quiet.isQuiet("a", "7-2")).isFalse();
        assertThat(quiet.isQuiet("b", "7-1")).isFalse();
    }

    @Test
    void whatWasComparedOverALostLinkDoesNotCount() {
        quiet.compared("a", "7-1", quiet.term());
        int before = quiet.term();
        quiet.forget();
        quiet.compared("a", "7-1", before);
        assertThat(quiet.isQuiet("a", "7-1")).isFalse();
    }

    @Test
    void whatNobodyFollowsAnyMoreIsForgotten() {
        quiet.compared("a", "7-1", quiet.term());
        quiet.compared("b", "7-1", quiet.term());
        quiet.keep(Set.of("b"));
        assertThat(quiet.isQuiet("a", "7-1")).isFalse();
        assertThat(quiet.isQuiet("b", "7-1")).isTrue();
    }
}
