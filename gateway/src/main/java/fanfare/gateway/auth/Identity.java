package fanfare.gateway.auth;

import fanfare.channel.Channel;
import fanfare.control.Disconnect;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who the site says a browser is.
 *
 * @param user null for an anonymous browser, which hears broadcast only and so has no session and no topics either
 * @param session the site's own name for the login, opaque to us
 * @param expiresAtMs when the site wants to be asked again, on the wall clock [ms]; {@link Long#MAX_VALUE} if it does not say
 */
public record Identity(@Nullable String user, @Nullable String session, List<String> topics, long expiresAtMs) {
    public static final int TOPICS_MAX = 32;

    static final Identity ANONYMOUS = new Identity(null, null, List.of(), Long.MAX_VALUE);

    public Identity {
        topics = List.copyOf(topics);
    }

    public boolean isAnonymous() {
        return user == null;
    }

    /** What it hears. */
    public List<Channel> channels() {
        List<Channel> channels = new ArrayList<>(topics.size() + 2);
        if (user != null) {
            channels.add(Channel.user(user));
            topics.forEach(topic -> channels.add(Channel.topic(topic)));
        }
        channels.add(Channel.BROADCAST);
        return channels;
    }

    /**
     * Reads the body of a 200.
     *
     * @throws IllegalArgumentException if it does not say who the user is; the message says what is wrong in a few words
     */
    public static Identity parse(Buffer body) {
        return parse(body, remark -> {});
    }

    /** Tells {@code remarks} of what was left out because it cannot be used and nobody is let in by its lack. */
    static Identity parse(Buffer body, Consumer<String> remarks) {
        JsonObject answer = object(body);
        if (!answer.containsKey("user")) {
            throw new IllegalArgumentException("an answer without 'user'");
        }
        long expiresAtMs = expires(answer.getValue("expires"), remarks);
        Object given = answer.getValue("user");
        if (given == null) {
            return new Identity(null, null, List.of(), expiresAtMs);
        }
        String user = text(given);
        if (user == null || !Channel.isUser(user)) {
            throw new IllegalArgumentException(
                    "a 'user' that is not 1 to 128 printable ASCII characters without space");
        }
        return new Identity(
                user, session(answer.getValue("session")), topics(answer.getValue("topics"), remarks), expiresAtMs);
    }

    private static JsonObject object(Buffer body) {
        try {
            if (Json.decodeValue(body) instanceof JsonObject object) {
                return object;
            }
        } catch (DecodeException e) {
            // falls through to the one message for everything that is not a JSON object
        }
        throw new IllegalArgumentException("an answer that is not a JSON object");
    }

    /** A session that cannot be used is refused, since no disconnect could name it later. An empty one is none. */
    private static @Nullable String session(@Nullable Object given) {
        if (given == null || "".equals(given)) {
            return null;
        }
        String session = text(given);
        if (session == null || !Disconnect.isSession(session)) {
            throw new IllegalArgumentException(
                    "a 'session' that is not 1 to 1,024 characters, none a control character");
        }
        return session;
    }

    private static List<String> topics(@Nullable Object given, Consumer<String> remarks) {
        List<String> topics = new ArrayList<>();
        if (given instanceof JsonArray array) {
            for (Object element : array) {
                String topic = element == null ? null : text(element);
                if (!Channel.isTopic(topic)) {
                    remarks.accept("left out a topic that is not 1 to 64 characters of A-Z a-z 0-9 . _ : -");
                } else if (topic != null && !topics.contains(topic)) {
                    if (topics.size() == TOPICS_MAX) {
                        remarks.accept("left out what came after the first " + TOPICS_MAX + " topics of a user");
                        break;
                    }
                    topics.add(topic);
                }
            }
        } else if (given != null) {
            remarks.accept("left out 'topics', which is not a list");
        }
        return topics;
    }

    private static long expires(@Nullable Object given, Consumer<String> remarks) {
        if (given instanceof Number seconds) {
            // A double's conversion saturates, so nothing overflows.
            return (long) (seconds.doubleValue() * 1_000);
        }
        if (given != null) {
            remarks.accept("left out 'expires', which is not a number of seconds");
        }
        return Long.MAX_VALUE;
    }

    /** Whole numbers become text; a fraction has many spellings, so it names nobody. */
    private static @Nullable String text(Object given) {
        if (given instanceof String
                || given instanceof Integer
                || given instanceof Long
                || given instanceof BigInteger) {
            return given.toString();
        }
        return null;
    }
}
