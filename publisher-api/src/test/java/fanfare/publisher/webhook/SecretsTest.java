package fanfare.publisher.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.file.UnusableFileException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    /** The example that the libraries of Standard Webhooks are tested with. */
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private final Secrets secrets = new Secrets();

    @Test
    void signsAsTheStandardDoes() {
        secrets.replace(SECRET);
        assertThat(sign()).isEqualTo(SIGNATURE);
    }

    @Test
    void signsWithEverySecretWhileTheyRotate() {
        String next = Secrets.make(new SecureRandom());
        assertThat(next).matches("whsec_[A-Za-z0-9+/]{43}=");
        secrets.replace(next);
        String signature = sign();
        secrets.replace("# the old one\n\n " + SECRET + " # until May\n" + next + "\n");
        assertThat(secrets.size()).isEqualTo(2);
        assertThat(sign()).isEqualTo(SIGNATURE + " " + signature);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# only a comment",
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec_",
                "whsec_!",
                "whsec_AAAA",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            })
    void aFileThatIsWrongChangesNothing(String text) {
        secrets.replace(SECRET);
        assertThatThrownBy(() -> secrets.replace(text))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageNotContaining("MfKQ9");
        assertThatThrownBy(() -> secrets.replace((SECRET + "\n").repeat(11))).hasMessageContaining("11 secrets");
        assertThat(sign()).isEqualTo(SIGNATURE);
    }

    private String sign() {
        return secrets.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8));
    }
}
