package fanfare.publisher.auth;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authorization.Authorization;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One key as the publisher knows it: the hash of its secret and what it may do. Immutable. */
final class ApiKey {
    static final int HASH_BYTES = 32;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final String KEY_ID = "keyId";
    private static final String LOOPBACK_ONLY = "loopbackOnly";
    private static final String PER_SECOND = "ratePerSecond";
    private static final String BURST = "rateBurst";

    private final byte[] hash;
    /** The caller that each request with this key becomes; nobody changes it. */
    private final User user;

    private ApiKey(
            String id, byte[] hash, boolean loopbackOnly, @Nullable Rate rate, Set<Authorization> authorizations) {
        JsonObject principal = new JsonObject().put(KEY_ID, id).put(LOOPBACK_ONLY, loopbackOnly);
        if (rate != null) {
            principal.put(PER_SECOND, rate.perSecond()).put(BURST, rate.burst());
        }
        this.hash = hash;
        this.user = User.create(principal);
        user.authorizations().put("keys", authorizations);
    }

    /** A key from the file; {@code rate} is null if it has none of its own. */
    static ApiKey of(String id, byte[] hash, @Nullable Rate rate, Set<Authorization> authorizations) {
        return new ApiKey(id, hash.clone(), false, rate, authorizations);
    }

    /** A key that may do everything, but only for requests that name this machine's loopback as their host. */
    static ApiKey forLoopback(String id, String secret, Set<Authorization> authorizations) {
        return new ApiKey(id, hash(secret), true, null, authorizations);
    }

    /** Whether the caller may come by a loopback host name only. */
    static boolean isLoopbackOnly(User caller) {
        return caller.principal().getBoolean(LOOPBACK_ONLY, false);
    }

    /** What the user that a key became says of the key. */
    static Caller caller(User user) {
        JsonObject principal = user.principal();
        Integer perSecond = principal.getInteger(PER_SECOND);
        return new Caller(
                Objects.requireNonNull(principal.getString(KEY_ID)),
                perSecond == null ? null : new Rate(perSecond, principal.getInteger(BURST)));
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
