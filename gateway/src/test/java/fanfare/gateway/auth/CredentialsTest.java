package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CredentialsTest {
    @ParameterizedTest
    @CsvSource({
        "a=1; b=2; c=3,          '',  a=1; b=2; c=3",
        "a=1; b=2; c=3,          a c, a=1; c=3",
        "c=3; a=1,               a c, c=3; a=1",
        "a=1; a=2,               a,   a=1; a=2",
        "a=x=y,                  a,   a=x=y",
        " a=1 ;;b=2; ,           '',  a=1; b=2",
        "aa=1,                   a,   ",
        "a,                      a,   a",
        "'',                     '',  ",
    })
    void onlyTheSitesCookiesGoOn(String line, String names, @Nullable String expected) {
        Set<String> wanted = names.isEmpty() ? Set.of() : Set.of(names.split(" "));
        assertThat(Credentials.cookies(List.of(line), wanted)).isEqualTo(expected);
    }

    @Test
    void severalLinesBecomeOne() {
        assertThat(Credentials.cookies(List.of("a=1", "b=2; c=3"), Set.of())).isEqualTo("a=1; b=2; c=3");
    }

    @Test
    void whatDoesNotFitIsLeftOutAsAWhole() {
        String large = "b=" + "x".repeat(20_000);
        assertThat(Credentials.cookies(List.of("a=1; " + large + "; c=3"), Set.of()))
                .isEqualTo("a=1; c=3");
    }

    @Test
    void noControlCharacterGoesOn() {
        assertThat(Credentials.cookies(List.of("a=1\u0000; b=\u007f; c=3; d=\r\nx; e=\u001b"), Set.of()))
                .isEqualTo("c=3");
    }

    /** Each character stands for a byte here; those beyond ASCII are {@code obs-text} (RFC 9110, 5.5). */
    @Test
    void bytesBeyondAsciiGoOn() {
        assertThat(Credentials.cookies(List.of("a=\u00c3\u0089; b=\u00c3\u00a9; c=\u0080\u009f\u00ff"), Set.of()))
                .isEqualTo("a=\u00c3\u0089; b=\u00c3\u00a9; c=\u0080\u009f\u00ff");
    }

    @Test
    void everyHeaderIsPartOfTheKey() {
        Set<Credentials.Key> keys = new HashSet<>();
        keys.add(new Credentials("c", "u", "l", "o", "1.1.1.1").key());
        keys.add(new Credentials("C", "u", "l", "o", "1.1.1.1").key());
        keys.add(new Credentials("c", "U", "l", "o", "1.1.1.1").key());
        keys.add(new Credentials("c", "u", "L", "o", "1.1.1.1").key());
        keys.add(new Credentials("c", "u", "l", "O", "1.1.1.1").key());
        keys.add(new Credentials("c", "u", "l", "o", "1.1.1.2").key());
        keys.add(new Credentials(null, "u", "l", "o", "1.1.1.1").key());
        keys.add(new Credentials("", "u", "l", "o", "1.1.1.1").key());
        keys.add(new Credentials("cu", "", "l", "o", "1.1.1.1").key());
        assertThat(keys).hasSize(9);
        assertThat(keys).contains(new Credentials("c", "u", "l", "o", "1.1.1.1").key());
    }

    @Test
    void theLoginIsInTheCookiesAlone() {
        String hash = new Credentials("a=1", "u", "l", "o", "1.1.1.1").loginHash();
        assertThat(new Credentials("a=1", null, null, null, "2.2.2.2").loginHash())
                .isEqualTo(hash);
        assertThat(new Credentials("a=2", "u", "l", "o", "1.1.1.1").loginHash()).isNotEqualTo(hash);
    }

    @Test
    void withoutCookiesTheLoginMayBeInWhatElseTheSiteSees() {
        String hash = new Credentials(null, "u", "l", "o", "1.1.1.1").loginHash();
        assertThat(new Credentials(null, "u", "l", null, "1.1.1.1").loginHash()).isEqualTo(hash);
        assertThat(new Credentials(null, "u", "l", "o", "1.1.1.2").loginHash()).isNotEqualTo(hash);
        assertThat(new Credentials(null, "v", "l", "o", "1.1.1.1").loginHash()).isNotEqualTo(hash);
    }

    @Test
    void aLogDoesNotShowThem() {
        assertThat(new Credentials("secret", "agent", null, null, "1.1.1.1")).hasToString("Credentials[1.1.1.1]");
    }
}
