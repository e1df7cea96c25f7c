package fanfare.gateway;

import java.security.SecureRandom;
import java.util.Base64;

/** Random names for connections and incarnations: 96 bits, 16 characters of base64url. Safe on any thread. */
final class Ids {
    private static final int BYTES = 12;

    private final SecureRandom random = new SecureRandom();

    String next() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
