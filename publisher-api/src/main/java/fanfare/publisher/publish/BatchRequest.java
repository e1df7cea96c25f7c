package fanfare.publisher.publish;

import fanfare.broker.Durability;
import fanfare.http.Problem;
import fanfare.publisher.json.JsonBody;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the body of a batch asks for.
 *
 * @param id what the ids that were made up begin with; the place in the batch follows, as in {@code <id>-0}
 * @param publications each of them, in order, or why it is refused
 */
record BatchRequest(String id, List<Future<PublishRequest>> publications) {
    static final int PUBLICATIONS_MAX = 1_000;
    /** A batch of a thousand times a thousand users would hold more memory than anybody else gets. */
    static final int CHANNELS_MAX = 20_000;

    /**
     * Reads a body. A publication that cannot be accepted does not keep others from it.
     *
     * @throws fanfare.http.ProblemException if the body is no list of so many publications
     */
    static BatchRequest parse(JsonBody json, PublishRequest.Defaults defaults) {
        Reader reader = new Reader(json, defaults);
        json.read(reader);
        if (reader.publications == null) {
            throw Problem.INVALID.of("publications", "is missing");
        }
        return new BatchRequest(reader.id, reader.publications);
    }

    /** The highest that any publication asks for. */
    Durability durability() {
        return publications.stream()
                        .anyMatch(each -> each.succeeded() && each.result().durability() == Durability.REPLICATED)
                ? Durability.REPLICATED
                : Durability.MASTER;
    }

    private static final class Reader implements JsonBody.Fields {
        private final JsonBody json;
        private final PublishRequest.Defaults defaults;
        private final String id;

        private @Nullable List<Future<PublishRequest>> publications;
        /** Channels that those read so far go to. */
        private int channels;

        Reader(JsonBody json, PublishRequest.Defaults defaults) {
            this.json = json;
            this.id = defaults.ids().get();
            this.defaults = defaults;
        }

        @Override
        public boolean read(String name, String path) {
            if (!name.equals("publications")) {
                return false;
            }
            List<Future<PublishRequest>> all = new ArrayList<>();
            PublishRequest.Defaults numbered = new PublishRequest.Defaults(
                    defaults.ttlSecondsMax(),
                    defaults.durability(),
                    defaults.receiptSeconds(),
                    () -> id + "-" + all.size());
            json.judged(path, element -> PublishRequest.read(json, element, numbered), judged -> {
                all.add(judged);
                channels += judged.succeeded() ? judged.result().to().channels().size() : 0;
                if (all.size() > PUBLICATIONS_MAX) {
                    throw Problem.INVALID.of(path, "must have at most " + PUBLICATIONS_MAX + " elements");
                }
                if (channels > CHANNELS_MAX) {
                    throw Problem.INVALID.of(path, "must go to at most " + CHANNELS_MAX + " users or channels in all");
                }
            });
            publications = all;
            return true;
        }
    }
}
