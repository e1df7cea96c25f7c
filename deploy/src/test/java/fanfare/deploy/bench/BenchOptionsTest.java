package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchOptionsTest {
    @Test
    void defaultsAreTheFullSize() {
        assertThat(BenchOptions.publish(List.of())).isEqualTo(new BenchOptions(20_000, 300_000, 0, null));
        assertThat(BenchOptions.receipts(List.of())).isEqualTo(new BenchOptions(2_000, 200, 9, null));
        assertThat(BenchOptions.recover(List.of()).users()).isEqualTo(19_000);
    }

    @Test
    void numbersScaleItDown() {
        assertThat(BenchOptions.publish(List.of("--calls", "300", "--users", "100")))
                .isEqualTo(new BenchOptions(100, 300, 0, null));
        assertThat(BenchOptions.receipts(List.of("--users", "10", "--broadcasts", "20", "--rounds", "1")))
                .isEqualTo(new BenchOptions(10, 20, 1, null));
        assertThat(BenchOptions.recover(List.of("--users", "10")).users()).isEqualTo(10);
    }

    @Test
    void whatCannotBeIsRefusedInOneSentence() {
        assertThatThrownBy(() -> BenchOptions.recover(List.of("--users", "19001")))
                .hasMessage("--users is '19001': it takes a whole number from 10 to 19000");
        assertThatThrownBy(() -> BenchOptions.publish(List.of("--users")))
                .hasMessage("--users is '': it takes a whole number from 100 to 200000");
        assertThatThrownBy(() -> BenchOptions.receipts(List.of("--beside", "/no/gateway.jar")))
                .hasMessage("--beside is '/no/gateway.jar': it takes a gateway.jar");
        assertThatThrownBy(() -> BenchOptions.recover(List.of("--calls", "1")))
                .hasMessage("--calls is not an option; there is --users");
    }
}
