package fanfare.deploy.site;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who is logged in, in memory; beyond the limit the oldest login ends. */
final class Logins {
    /**
     * One login. The cookie is a secret between browser and site; the session id names the login to others, who could
     * do nothing with it but end it.
     */
    record Login(String cookie, String user, String session) {}

    private static final int ID_BYTES = 16;

    private final int loginsMax;
    private final Supplier<String> ids;
    /** By cookie, oldest first. */
    private final Map<String, Login> logins = new LinkedHashMap<>();

    Logins(int loginsMax, Supplier<String> ids) {
        this.loginsMax = loginsMax;
        this.ids = ids;
    }

    /** Ids of 128 random bits, as base64url. */
    static Supplier<String> randomIds() {
        SecureRandom random = new SecureRandom();
        return () -> {
            byte[] bytes = new byte[ID_BYTES];
            random.nextBytes(bytes);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        };
    }

    Login begin(String user) {
        Login login = new Login(ids.get(), user, ids.get());
        if (logins.size() >= loginsMax) {
            logins.remove(logins.keySet().iterator().next());
        }
        logins.put(login.cookie(), login);
        return login;
    }

    /** The login that a cookie stands for, if any. */
    @Nullable
    Login find(@Nullable String cookie) {
        return cookie == null ? null : logins.get(cookie);
    }

    void end(Login login) {
        logins.remove(login.cookie());
    }
}
