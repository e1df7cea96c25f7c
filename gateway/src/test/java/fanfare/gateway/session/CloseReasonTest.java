package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CloseReasonTest {
    @Test
    void wordsOfTheCallersMayBeOfAnyLanguage() {
        assertThat(because("D\u00e9connect\u00e9 \u2714 \ud83d\udc4b"))
                .isEqualTo("D\u00e9connect\u00e9 \u2714 \ud83d\udc4b");
    }

    @Test
    void whatCannotTravelIsMarked() {
        assertThat(because("a\nb\ud83dc\u2028d\u200de\uffff\u007f")).isEqualTo("a?b?c?d?e??");
    }

    @Test
    void theyAreCutBetweenCharacters() {
        assertThat(because("x".repeat(124))).isEqualTo("x".repeat(123));
        assertThat(because("\u00e9".repeat(62))).isEqualTo("\u00e9".repeat(61));
        assertThat(because("xx" + "\ud83d\udc4b".repeat(31))).isEqualTo("xx" + "\ud83d\udc4b".repeat(30));
    }

    private static String because(String words) {
        return CloseReason.DISCONNECTED.because(words).text();
    }
}
