package fanfare.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A server's certificate that has signed itself, with its key, made by the JDK's keytool; as PEM files. */
public record TestCertificate(X509Certificate certificate, Path certificateFile, Path keyFile) {
    private static final String PASSWORD = "no secret";
    private static final String LOOPBACK = "ip:127.0.0.1,dns:localhost";

    /** One for this machine. */
    public static TestCertificate make(Path folder, String name) {
        return make(folder, name, "-ext", "SAN=" + LOOPBACK);
    }

    /** One with these options of keytool. */
    public static TestCertificate make(Path folder, String name, String... options) {
        try {
            Path store = folder.resolve(name + ".p12");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-alias",
                    name,
                    "-dname",
                    "CN=" + name,
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    PASSWORD));
            command.addAll(List.of(options));
            if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
                throw new IllegalStateException("keytool did not make a certificate");
            }
            KeyStore made = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                made.load(in, PASSWORD.toCharArray());
            }
            X509Certificate certificate = (X509Certificate) made.getCertificate(name);
            Key key = made.getKey(name, PASSWORD.toCharArray());
            return new TestCertificate(
                    certificate,
                    Files.writeString(folder.resolve(name + ".crt"), pem("CERTIFICATE", certificate.getEncoded())),
                    Files.writeString(folder.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded())));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Puts one file in the place of another in one step, as an operator should. */
    public static void put(Path file, Path place) {
        try {
            Path beside = Files.copy(file, place.resolveSibling(place.getFileName() + ".new"));
            Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What trusts this one alone. */
    public SSLContext trusting() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("server", certificate);
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Connects to a server on this machine that has this certificate, and checks that it is for this machine. */
    public RawHttp connect(int port) throws IOException {
        SSLSocket socket =
                (SSLSocket) trusting().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        SSLParameters checks = socket.getSSLParameters();
        checks.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(checks);
        socket.startHandshake();
        return RawHttp.over(socket);
    }

    /** Whether a server on this machine shows this certificate to those who connect now. */
    public boolean isShown(int port) {
        try {
            connect(port).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String pem(String what, byte[] bytes) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(bytes);
        return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(what, text, what);
    }
}
