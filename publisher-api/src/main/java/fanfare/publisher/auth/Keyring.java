package fanfare.publisher.auth;

import fanfare.file.FileWatch;
import io.vertx.core.Future;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.Credentials;
import io.vertx.ext.auth.authentication.TokenCredentials;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The keys in force. Shared by all event loops; a new file's keys replace the old ones in one step. */
public final class Keyring implements AuthenticationProvider, FileWatch.Content {
    /** Stands in for an unknown key, so that its refusal takes as long as that of a wrong secret. */
    private static final ApiKey NOBODY = ApiKey.of("nobody", new byte[ApiKey.HASH_BYTES], null, Set.of());

    private final Map<String, ApiKey> fixed;
    /** Keys by id; replaced as a whole. */
    private volatile Map<String, ApiKey> keys;

    private Keyring(Map<String, ApiKey> fixed) {
        this.fixed = fixed;
        this.keys = fixed;
    }

    /**
     * A ring that has at most the development key, which may do everything for requests to this machine's loopback.
     *
     * @param developmentKey {@code keyId.secret}, or null for none
     */
    public static Keyring of(@Nullable String developmentKey) {
        if (developmentKey == null) {
            return new Keyring(Map.of());
        }
        int dot = developmentKey.indexOf('.');
        String id = developmentKey.substring(0, dot);
        return new Keyring(Map.of(
                id,
                ApiKey.forLoopback(id, developmentKey.substring(dot + 1), KeyFile.authorizations(KeyFile.names()))));
    }

    /** Whether this is {@code keyId.secret}. */
    public static boolean isKey(String key) {
        int dot = key.indexOf('.');
        return dot > 0 && dot < key.length() - 1 && ApiKey.isId(key.substring(0, dot));
    }

    /**
     * Puts the keys of a file in force instead of those of the last.
     *
     * @throws KeyFileException if the text is no key file; the old keys stay
     */
    @Override
    public Future<Void> replace(String file) {
        Map<String, ApiKey> next = new HashMap<>(KeyFile.parse(file));
        next.putAll(fixed);
        keys = Map.copyOf(next);
        return Future.succeededFuture();
    }

    @Override
    public int size() {
        return keys.size();
    }

    /** Takes {@code keyId.secret} as {@link TokenCredentials}; answers at once. */
    @Override
    public Future<User> authenticate(Credentials credentials) {
        if (!(credentials instanceof TokenCredentials token)) {
            return Future.failedFuture("not a key");
        }
        String key = Objects.requireNonNullElse(token.getToken(), "");
        int dot = key.indexOf('.');
        String id = dot < 0 ? "" : key.substring(0, dot);
        ApiKey known = keys.getOrDefault(id, NOBODY);
        boolean matches = known.matches(ApiKey.hash(key.substring(dot + 1)));
        return matches && known != NOBODY ? Future.succeededFuture(known.user()) : Future.failedFuture("no such key");
    }
}
