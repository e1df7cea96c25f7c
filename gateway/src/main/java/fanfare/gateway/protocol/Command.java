package fanfare.gateway.protocol;

import fanfare.channel.Position;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a browser asks for. */
public sealed interface Command {
    /** Something that a later protocol may know; not an error. */
    record Unknown() implements Command {}

    record Ping() implements Command {}

    /** The page has had the events with these ids. */
    record Ack(List<String> ids) implements Command {}

    /**
     * What the browser wants to hear.
     *
     * @param protocol version of the protocol that it speaks
     * @param namespaces what is sent to it; null for everything, empty for nothing
     * @param resume token of an earlier connection
     * @param positions the last position seen by channel, which wins over the token's
     * @param inbox whether kept messages are asked for without a token
     */
    record Hello(
            int protocol,
            @Nullable Set<String> namespaces,
            @Nullable String resume,
            Map<String, Position> positions,
            boolean inbox)
            implements Command {
        /** What a browser that says nothing is taken to have said. */
        public static final Hello SILENT = new Hello(Commands.PROTOCOL, null, null, Map.of(), false);

        /** The same from a newer token, which older positions must not override. */
        public Hello from(String token) {
            return new Hello(protocol, namespaces, token, Map.of(), inbox);
        }
    }
}
