package fanfare.publisher.publish;

import fanfare.broker.Durability;
import fanfare.channel.Publication;
import fanfare.http.Problem;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.json.Rules;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a publish, or one element of a batch, asks for. */
record PublishRequest(Target to, Publication publication, Durability durability) {
    /** How long the data may be as sent [bytes]. */
    static final int DATA_BYTES_MAX = 65_536;

    private static final int LABEL_LENGTH_MAX = 256;

    /**
     * What counts when the body does not say.
     *
     * @param receiptSeconds for how long a receipt is kept, if one is asked for [s]
     */
    record Defaults(int ttlSecondsMax, Durability durability, int receiptSeconds, Supplier<String> ids) {}

    /**
     * Reads a body, checking every field.
     *
     * @throws fanfare.http.ProblemException naming the field that cannot be accepted
     */
    static PublishRequest parse(JsonBody json, Defaults defaults) {
        Reader reader = new Reader(json, defaults);
        json.read(reader);
        return reader.request("");
    }

    /** Reads the object at a path in a body, checking like {@link #parse}. */
    static PublishRequest read(JsonBody json, String path, Defaults defaults) {
        Reader reader = new Reader(json, defaults);
        json.object(path, reader);
        return reader.request(path);
    }

    private static final class Reader implements JsonBody.Fields {
        private final JsonBody json;
        private final Defaults defaults;

        private @Nullable Target to;
        private @Nullable String namespace;
        private @Nullable String event;
        private @Nullable String data;
        private @Nullable String id;
        private int ttlSeconds;
        private Durability durability;
        private boolean receipt;

        Reader(JsonBody json, Defaults defaults) {
            this.json = json;
            this.defaults = defaults;
            this.ttlSeconds = defaults.ttlSecondsMax();
            this.durability = defaults.durability();
        }

        @Override
        public boolean read(String name, String path) {
            switch (name) {
                case "to" -> to = Target.read(json, path);
                case "namespace" -> namespace = namespace(path);
                case "event" -> event = Rules.text(path, json.text(path), 1, LABEL_LENGTH_MAX);
                case "data" -> data = json.verbatim(path, DATA_BYTES_MAX);
                case "id" -> id = Rules.id(path, json.text(path));
                case "ttl" -> ttlSeconds = json.whole(path, 1, defaults.ttlSecondsMax());
                case "receipt" -> receipt = json.flag(path);
                case "durability" -> durability = durability(path);
                default -> {
                    return false;
                }
            }
            return true;
        }

        PublishRequest request(String path) {
            Target target = present(to, path, "to");
            Publication publication = new Publication(
                    id == null ? defaults.ids().get() : id,
                    present(namespace, path, "namespace"),
                    present(event, path, "event"),
                    present(data, path, "data"),
                    ttlSeconds,
                    receipt ? defaults.receiptSeconds() : 0);
            return new PublishRequest(target, publication, durability);
        }

        private String namespace(String path) {
            String text = Rules.text(path, json.text(path), 1, LABEL_LENGTH_MAX);
            if (text.indexOf(',') >= 0) {
                throw Problem.INVALID.of(path, "must have no comma");
            }
            return text;
        }

        private Durability durability(String path) {
            String text = json.text(path);
            for (Durability choice : Durability.values()) {
                if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return choice;
                }
            }
            throw Problem.INVALID.of(path, "must be \"master\" or \"replicated\"");
        }

        private static <T> T present(@Nullable T value, String path, String name) {
            if (value == null) {
                throw Problem.INVALID.of(JsonBody.child(path, name), "is missing");
            }
            return value;
        }
    }
}
