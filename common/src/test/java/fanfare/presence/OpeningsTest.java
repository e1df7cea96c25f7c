package fanfare.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpeningsTest {
    private static final Openings THREE =
            new Openings(Map.of("a", List.of(1L, 4L, 7L), "b", List.of(2L, 3L), "c", List.of(4L)));

    @Test
    void eachGatewayFindsWhichOfItsOwnMustGo() {
        assertThat(excesses(6)).containsExactly(0, 0, 0);
        assertThat(excesses(5)).containsExactly(1, 0, 0);
        assertThat(excesses(3)).containsExactly(1, 2, 0);
        assertThat(excesses(1)).containsExactly(2, 2, 1);
    }

    @Test
    void ofTheSameMomentExactlyOneGoes() {
        assertThat(excesses(2)).containsExactly(2, 2, 0);
    }

    @Test
    void whoHasNoneLosesNone() {
        assertThat(THREE.excess("d", 1)).isZero();
    }

    private static List<Integer> excesses(int max) {
        return List.of(THREE.excess("a", max), THREE.excess("b", max), THREE.excess("c", max));
    }
}
