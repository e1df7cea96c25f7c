package fanfare.deploy.site;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopbackHostTest {
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "a.demo.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"})
    void loopback(String host) {
        assertThat(LoopbackHost.isLoopback(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost", "0.0.0.0"})
    void foreign(String host) {
        assertThat(LoopbackHost.isLoopback(host)).isFalse();
    }

    @Test
    void nothingIsForeign() {
        assertThat(LoopbackHost.isLoopback("")).isFalse();
    }
}
