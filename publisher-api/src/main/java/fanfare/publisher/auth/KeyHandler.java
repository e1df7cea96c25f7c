package fanfare.publisher.auth;

import fanfare.http.Problem;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lets a request pass that carries a key, before any of its body is read. */
public final class KeyHandler implements Handler<RoutingContext> {
    private static final String CALLER = KeyHandler.class.getName();
    private static final String BEARER = "Bearer ";
    private static final Pattern LOOPBACK =
            Pattern.compile("(?i)(localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[?::1]?)");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

    private final AuthenticationProvider keys;

    public KeyHandler(AuthenticationProvider keys) {
        this.keys = keys;
    }

    /** Whose key the request carries. */
    static User caller(RoutingContext context) {
        return Objects.requireNonNull(context.get(CALLER), "no key was asked for on this route");
    }

    /** Whether a host name or address is this machine's loopback; names other than localhost are not looked up. */
    public static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    @Override
    public void handle(RoutingContext context) {
        String key = key(context.request());
        if (key == null) {
            context.fail(Problem.UNAUTHORIZED.because("send a key: Authorization: Bearer <keyId>.<secret>"));
            return;
        }
        keys.authenticate(new TokenCredentials(key)).onComplete(result -> {
            if (result.failed()) {
                context.fail(Problem.UNAUTHORIZED.because("the key is not known"));
            } else if (ApiKey.isLoopbackOnly(result.result()) && !namesLoopback(context.request())) {
                context.fail(Problem.UNAUTHORIZED.because(
                        "the development key works only for requests to localhost or a loopback address"));
            } else {
                context.put(CALLER, result.result());
                context.next();
            }
        });
    }

    private static @Nullable String key(HttpServerRequest request) {
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        String bearer = authorization == null ? null : bearer(authorization);
        return bearer == null ? request.getHeader("X-API-Key") : bearer;
    }

    /** What stands behind the scheme, if that is ours and it is one word. */
    private static @Nullable String bearer(String authorization) {
        if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        int start = BEARER.length();
        int end = authorization.length();
        while (start < end && authorization.charAt(start) == ' ') {
            start++;
        }
        while (start < end && authorization.charAt(end - 1) == ' ') {
            end--;
        }
        for (int i = start; i < end; i++) {
            if (Character.isWhitespace(authorization.charAt(i))) {
                return null;
            }
        }
        return start == end ? null : authorization.substring(start, end);
    }

    /**
     * A page that a developer visits can have its own name resolve to 127.0.0.1, and so reach this port from his browser;
     * but it cannot make the browser say another host name than its own.
     */
    private static boolean namesLoopback(HttpServerRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
        return hosts.size() == 1 && isLoopback(PORT.matcher(hosts.get(0)).replaceFirst(""));
    }
}
