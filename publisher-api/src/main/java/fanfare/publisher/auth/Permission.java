package fanfare.publisher.auth;

import fanfare.http.Problem;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authorization.PermissionBasedAuthorization;
import io.vertx.ext.web.RoutingContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Everything a key may be good for. */
public enum Permission {
    PUBLISH_USER("publish:user"),
    PUBLISH_BROADCAST("publish:broadcast"),
    PUBLISH_TOPIC("publish:topic"),
    PRESENCE_READ("presence:read"),
    HISTORY_READ("history:read"),
    DISCONNECT("disconnect");

    private final String text;

    Permission(String text) {
        this.text = text;
    }

    /** As the key file writes it. */
    public String text() {
        return text;
    }

    /** Refuses a request whose key does not have this permission without narrowing. */
    public void require(RoutingContext context) {
        require(KeyHandler.caller(context), null);
    }

    /** Refuses a request whose key has this permission neither for all namespaces nor for this one. */
    public void require(RoutingContext context, String namespace) {
        require(KeyHandler.caller(context), namespace);
    }

    /** Refuses a request whose key does not have this permission for any namespace. */
    public void requireSome(RoutingContext context) {
        Set<String> granted = new HashSet<>();
        KeyHandler.caller(context).authorizations().forEach((provider, authorization) -> {
            if (authorization instanceof PermissionBasedAuthorization permission) {
                granted.add(permission.getPermission());
            }
        });
        if (!granted.contains(text)) {
            throw Problem.FORBIDDEN.because("the key lacks the permission " + text);
        }
    }

    /** Whether the request's key has this permission, at least for this namespace. */
    public boolean covers(RoutingContext context, String namespace) {
        return covers(KeyHandler.caller(context), namespace);
    }

    private boolean covers(User caller, String namespace) {
        return caller.authorizations().verify(granted(null))
                || caller.authorizations().verify(granted(namespace));
    }

    void require(User caller, @Nullable String namespace) {
        if (caller.authorizations().verify(granted(null))) {
            return;
        }
        if (namespace == null) {
            throw Problem.FORBIDDEN.because("the key lacks the permission " + text);
        }
        if (!covers(caller, namespace)) {
            throw Problem.FORBIDDEN.because("the key lacks the permission " + text + " for this namespace");
        }
    }

    /**
     * What a key that has this permission is given. The namespace is percent-encoded, since the library trims a resource
     * and takes braces in it for variables: it would let " /a" pass for "/a" and throw at "{".
     */
    PermissionBasedAuthorization granted(@Nullable String namespace) {
        PermissionBasedAuthorization authorization = PermissionBasedAuthorization.create(text);
        return namespace == null
                ? authorization
                : authorization.setResource(URLEncoder.encode(namespace, StandardCharsets.UTF_8));
    }

    static @Nullable Permission of(String text) {
        for (Permission permission : values()) {
            if (permission.text.equals(text)) {
                return permission;
            }
        }
        return null;
    }
}
