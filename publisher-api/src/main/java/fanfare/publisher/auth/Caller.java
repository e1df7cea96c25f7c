package fanfare.publisher.auth;

import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * Whose key a request carries.
 *
 * @param rate of its own, null if its line in the key file says none
 */
public record Caller(String keyId, @Nullable Rate rate) {
    /** The caller of a request that {@link KeyHandler} let pass. */
    public static Caller of(RoutingContext context) {
        return ApiKey.caller(KeyHandler.caller(context));
    }
}
