package fanfare.tls;

import fanfare.file.UnusableFileException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.X509KeyManager;

/**
 * A certificate with its key, known to belong together.
 *
 * @param chain the own certificate first
 */
record Identity(PemKeyCertOptions pem, List<X509Certificate> chain) {
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----");
    private static final byte[] PROOF = "whose key is this?".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads certificates and a key, in whatever order they come.
     *
     * @throws UnusableFileException if they are none, or not of each other; it quotes nothing of them
     */
    static Identity parse(Vertx vertx, String pem) {
        String certificates =
                CERTIFICATE.matcher(pem).results().map(MatchResult::group).collect(Collectors.joining("\n"));
        List<X509Certificate> chain = chain(certificates);
        X509Certificate own = chain.get(0);
        PemKeyCertOptions options = new PemKeyCertOptions()
                .setCertValue(Buffer.buffer(certificates))
                .setKeyValue(Buffer.buffer(pem));
        if (!signs(key(vertx, options, own.getPublicKey()), own.getPublicKey())) {
            throw new UnusableFileException("the key is not that of the certificate");
        }
        return new Identity(options, chain);
    }

    /** Whether browsers take it then. */
    boolean isValidAt(Instant moment) {
        return !moment.isBefore(own().getNotBefore().toInstant())
                && !moment.isAfter(own().getNotAfter().toInstant());
    }

    /** From when until when that is, in a sentence. */
    String validity() {
        return "the certificate is valid from %s to %s only"
                .formatted(own().getNotBefore().toInstant(), own().getNotAfter().toInstant());
    }

    private X509Certificate own() {
        return chain.get(0);
    }

    /** From when on all of the certificates are valid. */
    Instant start() {
        return chain.stream()
                .map(certificate -> certificate.getNotBefore().toInstant())
                .max(Instant::compareTo)
                .orElseThrow();
    }

    /** When the first of the certificates is no longer valid. */
    Instant expiry() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private static List<X509Certificate> chain(String certificates) {
        try {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(certificates.getBytes(StandardCharsets.US_ASCII)))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (!chain.isEmpty()) {
                inOrder(chain);
                return chain;
            }
        } catch (GeneralSecurityException e) {
            // falls through to the one message for none and for broken ones
        }
        throw new UnusableFileException("there is no certificate in it that can be read (PEM)");
    }

    /** Each one's issuer comes next, or browsers that do not know them cannot go from one to the other. */
    private static void inOrder(List<X509Certificate> chain) {
        for (int i = 1; i < chain.size(); i++) {
            if (!chain.get(i - 1).getIssuerX500Principal().equals(chain.get(i).getSubjectX500Principal())) {
                throw new UnusableFileException("certificate %d is not the issuer of number %d".formatted(i + 1, i));
            }
        }
    }

    private static PrivateKey key(Vertx vertx, PemKeyCertOptions options, PublicKey owner) {
        try {
            X509KeyManager manager =
                    (X509KeyManager) options.getKeyManagerFactory(vertx).getKeyManagers()[0];
            String[] aliases = manager.getServerAliases(owner.getAlgorithm(), null);
            if (aliases != null) {
                return manager.getPrivateKey(aliases[0]);
            }
        } catch (Exception e) {
            // falls through: what it says may quote the file
        }
        throw new UnusableFileException(
                "there is no private key in it that can be read (PEM, without a password) and is of the certificate's kind");
    }

    private static boolean signs(PrivateKey key, PublicKey owner) {
        String algorithm =
                switch (owner.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> owner.getAlgorithm();
                };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(PROOF);
            byte[] signed = signature.sign();
            signature.initVerify(owner);
            signature.update(PROOF);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // A key of another kind, for example.
        }
    }
}
