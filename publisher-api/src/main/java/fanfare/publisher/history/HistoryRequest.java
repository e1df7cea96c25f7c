package fanfare.publisher.history;

import fanfare.broker.Reading;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.http.Problem;
import fanfare.publisher.json.Rules;
import fanfare.publisher.query.Query;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a call for a user's history asks for.
 *
 * @param limit publications at most, the oldest
 */
record HistoryRequest(Channel user, int limit, Reading.Point point) {
    /** No inbox keeps more. */
    static final int LIMIT_MAX = 1_000;

    private static final int LIMIT_DEFAULT = 100;

    /**
     * Reads path and query, checking every field.
     *
     * @throws fanfare.http.ProblemException naming the field that cannot be accepted
     */
    static HistoryRequest of(RoutingContext context) {
        String user = Rules.user("user", Objects.requireNonNullElse(context.pathParam("user"), ""));
        return new HistoryRequest(
                Channel.user(user),
                Query.whole(context, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT),
                point(Query.text(context, "after")));
    }

    private static Reading.Point point(@Nullable String after) {
        if (after == null) {
            return Reading.Point.BEGINNING;
        }
        Position position = Position.parse(after);
        if (position == null) {
            throw Problem.INVALID.of("after", "must be the position of a publication");
        }
        return Reading.Point.after(position);
    }
}
