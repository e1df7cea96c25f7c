package fanfare.gateway.auth;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a browser brought along that tells the site who it is; forwarded as it came. It never shows its values in a log.
 *
 * @param cookie the cookies that the site may see, as one header line; null if there are none
 * @param clientAddress IP address of the browser, without port
 */
public record Credentials(
        @Nullable String cookie,
        @Nullable String userAgent,
        @Nullable String acceptLanguage,
        @Nullable String origin,
        String clientAddress) {
    /** One copy is kept for each login; cookies beyond it are left out, each as a whole [characters]. */
    private static final int COOKIE_LENGTH_MAX = 16 * 1024;

    private static final int HEADER_LENGTH_MAX = 1_024;

    /**
     * Takes from a request what the site will see.
     *
     * @param siteCookies names of the cookies that are forwarded; empty means all
     */
    public static Credentials of(HttpServerRequest request, Set<String> siteCookies, String clientAddress) {
        MultiMap headers = request.headers();
        return new Credentials(
                cookies(headers.getAll("Cookie"), siteCookies),
                cut(headers.get("User-Agent")),
                cut(headers.get("Accept-Language")),
                cut(headers.get("Origin")),
                clientAddress);
    }

    /** The first half of a SHA-256: nobody can make credentials that have the key of somebody else's. */
    record Key(long high, long low) {}

    /** Equal for two requests exactly if the site would be sent the same headers. */
    Key key() {
        ByteBuffer hash = ByteBuffer.wrap(hash(cookie, userAgent, acceptLanguage, origin, clientAddress));
        return new Key(hash.getLong(), hash.getLong());
    }

    /**
     * Tells one login from another whatever browser or address it comes from; SHA-256 in base64url. Who has no cookies may be
     * known to the site by what else it sees, so then that counts; but not the origin, which not every request of a page has.
     */
    public String loginHash() {
        byte[] hash = cookie == null ? hash(null, userAgent, acceptLanguage, clientAddress) : hash(cookie);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    }

    @Override
    public String toString() {
        return "Credentials[" + clientAddress + "]";
    }

    static @Nullable String cookies(List<String> lines, Set<String> names) {
        StringBuilder kept = new StringBuilder();
        for (String line : lines) {
            for (String part : line.split(";", -1)) {
                String pair = part.strip();
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals).strip();
                boolean wanted = !pair.isEmpty() && (names.isEmpty() || names.contains(name)) && isSendable(pair);
                if (wanted && kept.length() + pair.length() + 2 <= COOKIE_LENGTH_MAX) {
                    kept.append(kept.isEmpty() ? "" : "; ").append(pair);
                }
            }
        }
        return kept.isEmpty() ? null : kept.toString();
    }

    private static @Nullable String cut(@Nullable String value) {
        if (value == null || !isSendable(value)) {
            return null;
        }
        return value.length() <= HEADER_LENGTH_MAX ? value : value.substring(0, HEADER_LENGTH_MAX);
    }

    /**
     * A control character would be refused by our own client, or worse, end a header at the site. A character is one byte
     * as it came; beyond ASCII each is allowed ({@code obs-text}, RFC 9110, 5.5), since they may be UTF-8.
     */
    private static boolean isSendable(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
                return false;
            }
        }
        return true;
    }

    /** Each value goes in behind its length, so that no two lists of values look alike. */
    private static byte[] hash(@Nullable String... values) {
        MessageDigest digest = sha256();
        for (String value : values) {
            byte[] bytes = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES)
                    .putInt(value == null ? -1 : bytes.length)
                    .flip());
            digest.update(bytes);
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
