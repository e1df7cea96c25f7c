package fanfare.gateway.session;

import fanfare.broker.Evidence;
import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.redis.ServerTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * From where on a session hears its channels: from where its hello says that the browser was, else from the acceptance on.
 *
 * @param hello null while there is none
 * @param token the one in the hello; null if there is none that is this user's: any other says nothing
 * @param accepted when the connection was
 */
record Resumption(Command.@Nullable Hello hello, ResumeToken.@Nullable Read token, ServerTime accepted) {
    static Resumption of(Command.@Nullable Hello hello, Identity who, ServerTime accepted) {
        String text = hello == null ? null : hello.resume();
        ResumeToken.Read token = text == null ? null : ResumeToken.decode(text);
        return new Resumption(hello, token != null && token.isOf(who.user()) ? token : null, accepted);
    }

    /** Where a channel's join begins. */
    Start start(Channel channel) {
        String label = channel.label();
        Place told = token == null ? null : token.place(label);
        Position seen =
                hello == null || token == null ? null : hello.positions().get(label);
        if (token != null && (seen != null || told != null)) {
            Point point = seen != null
                    ? Point.after(seen)
                    : Objects.requireNonNull(told).point();
            return Start.resumed(point, new Evidence(token.asOfMs(), told == null ? 0 : told.mark()));
        }
        boolean kept = hello != null && hello.inbox() && channel.kind() == Channel.Kind.USER;
        return kept ? Start.kept(accepted) : Start.fresh(accepted);
    }
}
