package fanfare.publisher.presence;

import fanfare.http.Problem;
import fanfare.presence.PresenceReader;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.json.Rules;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.rate.Bulkhead;
import fanfare.publisher.rate.RateLimits;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/presence}: which of up to 1,000 users are online. */
public final class OnlineHandler implements Handler<RoutingContext> {
    /** Each may be some thousand commands, a twentieth of what may wait for Redis. */
    private static final int AT_ONCE = 4;

    private final PresenceReader presence;
    private final RateLimits rates;
    private final UnknownFields unknownFields;
    private final Bulkhead bulkhead;

    public OnlineHandler(
            PresenceReader presence, RateLimits rates, UnknownFields unknownFields, MeterRegistry metrics) {
        this.presence = presence;
        this.rates = rates;
        this.unknownFields = unknownFields;
        this.bulkhead = new Bulkhead("presence", AT_ONCE, metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.PRESENCE_READ.require(context);
        Set<String> users = unknownFields.read(context, "presence", OnlineHandler::users);
        rates.take(context, 1)
                .compose(taken -> bulkhead.pass(() -> presence.online(users)))
                .map(online -> describe(users, online))
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private static Set<String> users(JsonBody json) {
        UsersField field = new UsersField(json);
        json.read(field);
        if (field.users == null) {
            throw Problem.INVALID.of("users", "is missing");
        }
        return field.users;
    }

    private static JsonObject describe(Set<String> users, Map<String, Boolean> online) {
        JsonObject answer = new JsonObject();
        users.forEach(user -> answer.put(user, online.getOrDefault(user, false)));
        return new JsonObject().put("online", answer);
    }

    /** The one field of the body. */
    private static final class UsersField implements JsonBody.Fields {
        private final JsonBody json;
        private @Nullable Set<String> users;

        UsersField(JsonBody json) {
            this.json = json;
        }

        @Override
        public boolean read(String name, String path) {
            if (!name.equals("users")) {
                return false;
            }
            users = Rules.users(json, path);
            return true;
        }
    }
}
