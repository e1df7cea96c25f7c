package fanfare.publisher.publish;

import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.json.Rules;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code to} of a publish.
 *
 * @param channels never empty, each once
 * @param several whether the caller gave a list, which is answered by a list even if it has one element
 */
record Target(List<Channel> channels, boolean several) {
    private static final String ONE = "must have exactly one of user, users, broadcast, topic";

    static Target read(JsonBody json, String path) {
        Reader reader = new Reader(json, path);
        json.object(path, reader);
        if (reader.target == null) {
            throw Problem.INVALID.of(path, ONE);
        }
        return reader.target;
    }

    Permission permission() {
        return switch (channels.get(0).kind()) {
            case USER -> Permission.PUBLISH_USER;
            case BROADCAST -> Permission.PUBLISH_BROADCAST;
            case TOPIC -> Permission.PUBLISH_TOPIC;
        };
    }

    private static final class Reader implements JsonBody.Fields {
        private final JsonBody json;
        private final String path;
        /** Null until a field named it. */
        private @Nullable Target target;

        Reader(JsonBody json, String path) {
            this.json = json;
            this.path = path;
        }

        @Override
        public boolean read(String name, String field) {
            Target named =
                    switch (name) {
                        case "user" -> one(Channel.user(Rules.user(field, json.text(field))));
                        case "users" -> users(Rules.users(json, field), field);
                        case "broadcast" -> broadcast(field);
                        case "topic" -> one(Channel.topic(topic(field, json.text(field))));
                        default -> null;
                    };
            if (named != null && target != null) {
                throw Problem.INVALID.of(path, ONE);
            }
            target = named == null ? target : named;
            return named != null;
        }

        private Target broadcast(String path) {
            json.yes(path);
            return one(Channel.BROADCAST);
        }

        private static Target one(Channel channel) {
            return new Target(List.of(channel), false);
        }

        private static Target users(Set<String> users, String path) {
            if (users.isEmpty()) {
                throw Problem.INVALID.of(path, "must name at least one user");
            }
            return new Target(users.stream().map(Channel::user).toList(), true);
        }

        private static String topic(String path, String name) {
            if (!Channel.isTopic(name)) {
                throw Problem.INVALID.of(path, "must be 1 to 64 characters of A-Z a-z 0-9 . _ : -");
            }
            return name;
        }
    }
}
