package fanfare.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final long NOW = 784_111_770_000L;

    @Test
    void isANumberOfSecondsOrADate() {
        assertThat(RetryAfter.ms("120", NOW)).isEqualTo(120_000);
        assertThat(RetryAfter.ms("Sun, 06 Nov 1994 08:49:37 GMT", NOW)).isEqualTo(7_000);
        assertThat(RetryAfter.ms("Sun, 06 Nov 1994 08:49:29 GMT", NOW)).isZero();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "soon", "-1", "1.5", "9999999999", "1994-11-06T08:49:37Z"})
    void anythingElseAsksForNothing(@Nullable String value) {
        assertThat(RetryAfter.ms(value, NOW)).isZero();
    }
}
