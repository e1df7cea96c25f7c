package fanfare.publisher.auth;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authorization.Authorization;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.regex.Pattern;

/** One key as the publisher knows it: the hash of its secret and what it may do. Immutable. */
final class ApiKey {
    static final int HASH_BYTES = 32;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final String LOOPBACK_ONLY = "loopbackOnly";

    private final byte[] hash;
    /** The caller that each request with this key becomes; nobody changes it. */
    private final User user;

    private ApiKey(String id, byte[] hash, boolean loopbackOnly, Set<Authorization> authorizations) {
        this.hash = hash;
        this.user = User.create(new JsonObject().put("keyId", id).put(LOOPBACK_ONLY, loopbackOnly));
        user.authorizations().put("keys", authorizations);
    }

    /** A key from the file. */
    static ApiKey of(String id, byte[] hash, Set<Authorization> authorizations) {
        return new ApiKey(id, hash.clone(), false, authorizations);
    }

    /** A key that may do everything, but only for requests that name this machine's loopback as their host. */
    static ApiKey forLoopback(String id, String secret, Set<Authorization> authorizations) {
        return new ApiKey(id, hash(secret), true, authorizations);
    }

    /** Whether the caller may come by a loopback host name only. */
    static boolean isLoopbackOnly(User caller) {
        return caller.principal().getBoolean(LOOPBACK_ONLY, false);
    }

    static boolean isId(String id) {
        return ID.matcher(id).matches();
    }

    User user() {
        return user;
    }

    /** Compares in constant time. */
    boolean matches(byte[] otherHash) {
        return MessageDigest.isEqual(hash, otherHash);
    }

    /** SHA-256. A slow hash would add nothing: the secrets are 256 random bits, not passwords. */
    static byte[] hash(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
