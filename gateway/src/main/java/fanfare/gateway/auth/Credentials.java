package fanfare.gateway.auth;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the site is shown of a browser's request: everything by which it may tell who that is.
 *
 * @param cookie the site's own cookies as they stood in the request; null if there was none
 * @param clientAddress the browser's address, as far as the proxies in front can be trusted
 */
public record Credentials(
        @Nullable String cookie,
        @Nullable String userAgent,
        @Nullable String acceptLanguage,
        @Nullable String origin,
        String clientAddress) {

    /** Takes the credentials of a request; {@code siteCookies} names the cookies that count, none for all. */
    public static Credentials of(HttpServerRequest request, Set<String> siteCookies, String clientAddress) {
        String cookies = request.headers().getAll("Cookie").stream()
                .flatMap(line -> Arrays.stream(line.split(";")))
                .map(String::trim)
                .filter(cookie -> !cookie.isEmpty())
                .filter(cookie -> siteCookies.isEmpty() || siteCookies.contains(cookie.split("=", 2)[0]))
                .collect(Collectors.joining("; "));
        return new Credentials(
                cookies.isEmpty() ? null : cookies,
                request.getHeader("User-Agent"),
                request.getHeader("Accept-Language"),
                request.getHeader("Origin"),
                clientAddress);
    }

    /** The headers as the site gets them, in a fixed order. */
    Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        put(headers, "Cookie", cookie);
        put(headers, "User-Agent", userAgent);
        put(headers, "Accept-Language", acceptLanguage);
        put(headers, "Origin", origin);
        headers.put("X-Forwarded-For", clientAddress);
        return headers;
    }

    /** Two requests with the same key get the same answer from the site: SHA-256 over all headers sent. */
    public String key() {
        StringBuilder all = new StringBuilder();
        // No header's name or value has a line feed in it, so this cannot be read in two ways.
        headers()
                .forEach((name, value) ->
                        all.append(name).append('\n').append(value).append('\n'));
        return sha256(all.toString());
    }

    /** Who comes back with the same cookies is the same login: SHA-256 over the cookies alone. */
    public String loginHash() {
        return sha256(cookie == null ? "" : cookie);
    }

    private static void put(Map<String, String> headers, String name, @Nullable String value) {
        if (value != null) {
            headers.put(name, value);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
