package fanfare.gateway.auth;

import fanfare.channel.Channel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who the site says a browser is.
 *
 * @param user null for an anonymous visitor
 * @param session the site's own name for the login, if it gave one; opaque
 * @param topics what else this user hears, at most {@value #TOPICS_MAX}
 * @param expiresAtMs when the site wants to be asked again, {@link Long#MAX_VALUE} for whenever [ms since the epoch]
 */
public record Identity(@Nullable String user, @Nullable String session, List<String> topics, long expiresAtMs) {
    public static final Identity ANONYMOUS = new Identity(null, null, List.of(), Long.MAX_VALUE);

    private static final int TOPICS_MAX = 32;
    private static final int SESSION_LENGTH_MAX = 256;

    /** Reads the site's answer; null if it names no usable user, which is the site's mistake. */
    static @Nullable Identity parse(Buffer body) {
        JsonObject answer;
        try {
            answer = new JsonObject(body);
        } catch (DecodeException | ClassCastException e) {
            return null;
        }
        if (!answer.containsKey("user")) {
            return null;
        }
        Object said = answer.getValue("user");
        String user = text(said);
        if (said != null && !Channel.isUser(user)) {
            return null;
        }
        String session = text(answer.getValue("session"));
        if (session != null && session.length() > SESSION_LENGTH_MAX) {
            return null;
        }
        List<String> topics = topics(answer.getValue("topics"));
        if (topics == null) {
            return null;
        }
        long expires = answer.getValue("expires") instanceof Number seconds
                ? (long) Math.min(seconds.doubleValue() * 1_000, Long.MAX_VALUE)
                : Long.MAX_VALUE;
        return new Identity(user, session, user == null ? List.of() : topics, expires);
    }

    /** Numbers become text, since many sites' ids are numbers. */
    private static @Nullable String text(@Nullable Object value) {
        return value instanceof String || value instanceof Integer || value instanceof Long ? value.toString() : null;
    }

    private static @Nullable List<String> topics(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof JsonArray names)) {
            return null;
        }
        Set<String> topics = new LinkedHashSet<>();
        for (Object name : names) {
            if (!(name instanceof String topic) || !Channel.isTopic(topic)) {
                return null;
            }
            topics.add(topic);
        }
        return topics.size() > TOPICS_MAX ? null : List.copyOf(topics);
    }
}
