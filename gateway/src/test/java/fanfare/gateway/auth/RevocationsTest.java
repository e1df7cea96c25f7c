package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RevocationsTest {
    private static final Identity IDENTITY = new Identity("42", "s1", List.of(), Long.MAX_VALUE);

    private static final Credentials.Key KEY = new Credentials.Key(1, 2);

    private final Revocations revocations = new Revocations(15_000);

    @Test
    void onlyWhatStartedBeforeIsRevoked() {
        long before = revocations.mark();
        revocations.disconnected("42", null, 0);
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
        assertThat(revocations.isRevoked(KEY, IDENTITY, revocations.mark())).isFalse();
    }

    @Test
    void aSessionIsOneOfItsUser() {
        long before = revocations.mark();
        revocations.disconnected("42", "s2", 0);
        revocations.disconnected("43", "s1", 0);
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isFalse();
        revocations.disconnected("42", "s1", 0);
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
        assertThat(revocations.isRevoked(KEY, Identity.ANONYMOUS, before)).isFalse();
    }

    @Test
    void whatIsForgottenForWantOfRoomRevokesEverybody() {
        long before = revocations.mark();
        revocations.disconnected("1", null, 0);
        long between = revocations.mark();
        IntStream.range(0, Revocations.REMEMBERED_MAX).forEach(i -> revocations.disconnected("u" + i, null, 1));
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
        assertThat(revocations.isRevoked(KEY, IDENTITY, between)).isFalse();
    }

    @Test
    void oldOnesAreForgottenForGood() {
        long before = revocations.mark();
        revocations.disconnected("42", null, 0);
        revocations.disconnected("43", null, 15_000);
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
        revocations.disconnected("43", null, 15_001);
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isFalse();
    }

    @Test
    void whatIsForgottenLaterDoesNotEndADoubtAboutEverybody() {
        revocations.disconnected("1", null, 0);
        long before = revocations.mark();
        revocations.everybody();
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
        assertThat(revocations.isRevoked(KEY, IDENTITY, revocations.mark())).isFalse();
        IntStream.range(0, Revocations.REMEMBERED_MAX).forEach(i -> revocations.disconnected("u" + i, null, 1));
        assertThat(revocations.isRevoked(KEY, IDENTITY, before)).isTrue();
    }
}
