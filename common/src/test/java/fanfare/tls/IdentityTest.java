package fanfare.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.file.UnusableFileException;
import fanfare.testing.TestCertificate;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(VertxExtension.class)
class IdentityTest {
    @TempDir
    static Path folder;

    private static TestCertificate rsa;
    private static TestCertificate curve;

    @BeforeAll
    static void make() {
        rsa = TestCertificate.make(folder, "rsa", "-keyalg", "RSA");
        curve = TestCertificate.make(folder, "curve");
    }

    @Test
    void certificateAndKeyMayComeInAnyOrder(Vertx vertx) throws IOException {
        for (TestCertificate each : new TestCertificate[] {rsa, curve}) {
            String certificate = Files.readString(each.certificateFile());
            String key = Files.readString(each.keyFile());
            for (String pem : new String[] {certificate + key, key + "some words\n" + certificate}) {
                Identity identity = Identity.parse(vertx, pem);
                assertThat(identity.chain()).containsExactly(each.certificate());
                assertThat(identity.expiry())
                        .isEqualTo(each.certificate().getNotAfter().toInstant());
            }
        }
    }

    @Test
    void theFirstCertificateIsTheOwnAndTheFirstToExpireCounts(Vertx vertx) throws IOException {
        // A key store of its own, in which its issuer is too.
        Files.copy(folder.resolve("rsa.p12"), folder.resolve("issued.p12"));
        TestCertificate issued = TestCertificate.make(folder, "issued", "-signer", "rsa", "-validity", "1000");
        String own = Files.readString(issued.certificateFile());
        String issuer = Files.readString(rsa.certificateFile());
        String key = Files.readString(issued.keyFile());

        Identity identity = Identity.parse(vertx, own + issuer + key);

        assertThat(identity.chain()).containsExactly(issued.certificate(), rsa.certificate());
        assertThat(identity.expiry()).isEqualTo(rsa.certificate().getNotAfter().toInstant());
        refused(vertx, issuer + own + key, "certificate 2 is not the issuer of number 1");
    }

    @Test
    void whatCannotBeUsedIsNamedAndNotQuoted(Vertx vertx) throws IOException {
        String certificate = Files.readString(rsa.certificateFile());
        String key = Files.readString(rsa.keyFile());
        refused(vertx, key, "there is no certificate in it");
        refused(vertx, certificate.replace("MII", "???") + key, "there is no certificate in it");
        refused(vertx, certificate, "there is no private key in it");
        refused(vertx, certificate + key.replace("MII", "???"), "there is no private key in it");
        refused(vertx, certificate + Files.readString(curve.keyFile()), "there is no private key in it");
        TestCertificate other = TestCertificate.make(folder, "other", "-keyalg", "RSA");
        refused(vertx, certificate + Files.readString(other.keyFile()), "the key is not that of the certificate");
    }

    @Test
    void isValidFromItsBeginToItsEnd(Vertx vertx) throws IOException {
        Identity identity =
                Identity.parse(vertx, Files.readString(rsa.certificateFile()) + Files.readString(rsa.keyFile()));
        Instant begin = rsa.certificate().getNotBefore().toInstant();
        Instant end = rsa.certificate().getNotAfter().toInstant();
        assertThat(identity.isValidAt(begin)).isTrue();
        assertThat(identity.isValidAt(end)).isTrue();
        assertThat(identity.isValidAt(begin.minusSeconds(1))).isFalse();
        assertThat(identity.isValidAt(end.plusSeconds(1))).isFalse();
        assertThat(identity.validity()).isEqualTo("the certificate is valid from %s to %s only".formatted(begin, end));
    }

    private static void refused(Vertx vertx, String pem, String why) {
        assertThatThrownBy(() -> Identity.parse(vertx, pem))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageStartingWith(why);
    }
}
