package fanfare.deploy.k8s;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Secrets such as an operator makes, where {@link Pod} has a pod's mounts. */
final class Mounts {
    static final String GATEWAY_PASSWORD = "p@ss: of the gateway";
    static final String PUBLISHER_PASSWORD = "p@ss: of the publisher";
    /** A key that may do everything. */
    static final String KEY = "dev.secret";

    private Mounts() {}

    /** The folder that stands for {@code /run/fanfare} in a module's pods. */
    static Path of(String module, Path folder) throws IOException {
        Path mounts = folder.resolve(module);
        write(mounts.resolve("relay/secret"), "0123456789abcdef");
        write(
                mounts.resolve("redis/password"),
                (module.equals("gateway") ? GATEWAY_PASSWORD : PUBLISHER_PASSWORD) + "\n");
        write(mounts.resolve("keys/keys"), Files.readString(Overlay.K8S.resolve("overlays/dev/secrets/keys")));
        write(mounts.resolve("webhooks/secrets"), "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
        return mounts;
    }

    static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
