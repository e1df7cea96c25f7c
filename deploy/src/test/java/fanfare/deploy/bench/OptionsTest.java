package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void defaultsAreTheFullSize() {
        assertThat(PublishBench.Options.parse(List.of())).isEqualTo(new PublishBench.Options(20_000, 300_000));
        assertThat(ReceiptBench.Options.parse(List.of())).isEqualTo(new ReceiptBench.Options(2_000, 200, 9, 10, null));
        assertThat(RecoverBench.Options.parse(List.of())).isEqualTo(new RecoverBench.Options(19_000));
    }

    @Test
    void numbersScaleItDown() {
        assertThat(PublishBench.Options.parse(List.of("--calls", "300", "--users", "100")))
                .isEqualTo(new PublishBench.Options(100, 300));
        assertThat(ReceiptBench.Options.parse(List.of("--users", "10", "--broadcasts", "20", "--rounds", "1")))
                .isEqualTo(new ReceiptBench.Options(10, 20, 1, 10, null));
        assertThat(RecoverBench.Options.parse(List.of("--users", "10"))).isEqualTo(new RecoverBench.Options(10));
    }

    @Test
    void whatCannotBeIsRefusedInOneSentence() {
        assertThatThrownBy(() -> RecoverBench.Options.parse(List.of("--users", "19001")))
                .hasMessage("--users is '19001': it takes a whole number from 10 to 19000");
        assertThatThrownBy(() -> PublishBench.Options.parse(List.of("--users"))).hasMessage("--users takes a value");
        assertThatThrownBy(() -> ReceiptBench.Options.parse(List.of("--beside", "/no/gateway.jar")))
                .hasMessage("--beside is '/no/gateway.jar': it takes a gateway.jar");
        assertThatThrownBy(() -> RecoverBench.Options.parse(List.of("--calls", "1")))
                .hasMessage("--calls is not an option; there is --users");
        assertThatThrownBy(() -> ReceiptBench.Options.parse(List.of("--calls", "1")))
                .hasMessage(
                        "--calls is not an option; there are --users, --broadcasts, --rounds, --at-once and --beside");
    }
}
