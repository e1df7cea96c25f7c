package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorsTest {
    @ParameterizedTest
    @CsvSource({
        "19000, 20000, 19000",
        "19001, 20000, 19000",
        "18000, 1024, 924",
        "500, 1024, 500",
        "10000000, 9223372036854775807, 10000000"
    })
    void someOfTheDescriptorsAreKept(int asked, long limit, int allowed) {
        assertThat(Descriptors.sessionsMax(asked, limit)).isEqualTo(allowed);
    }
}
