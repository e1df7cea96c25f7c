package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchOptionsTest {
    @Test
    void defaultsAreTheFullSize() {
        assertThat(BenchOptions.publish(List.of())).isEqualTo(new BenchOptions(20_000, 300_000));
        assertThat(BenchOptions.recover(List.of()).users()).isEqualTo(19_000);
    }

    @Test
    void numbersScaleItDown() {
        assertThat(BenchOptions.publish(List.of("--calls", "300", "--users", "100")))
                .isEqualTo(new BenchOptions(100, 300));
        assertThat(BenchOptions.recover(List.of("--users", "10")).users()).isEqualTo(10);
    }

    @Test
    void whatCannotBeIsRefusedInOneSentence() {
        assertThatThrownBy(() -> BenchOptions.recover(List.of("--users", "19001")))
                .hasMessage("--users is '19001': it takes a whole number from 10 to 19000");
        assertThatThrownBy(() -> BenchOptions.publish(List.of("--users")))
                .hasMessage("--users is '': it takes a whole number from 100 to 200000");
        assertThatThrownBy(() -> BenchOptions.recover(List.of("--calls", "1")))
                .hasMessage("--calls is not an option; there is --users");
    }
}
