package fanfare.receipt;

import fanfare.channel.Channel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a publication in one channel. Times are on Redis' clock [ms]; gateways' were told in it when they arrived
 * there, so they are late by a part of a round trip.
 *
 * @param gateways which had sessions on the channel, the first first
 * @param connections those that are told apart, in the order of their first times
 * @param written connections to which it was written, all of them
 * @param acknowledged those of them that have said so
 * @param notDelivered connections that were there and did not get it
 */
public record Delivery(
        Channel channel,
        Stored stored,
        State state,
        List<Gateway> gateways,
        List<Connection> connections,
        int written,
        int acknowledged,
        int notDelivered) {
    /**
     * A gateway reports what it holds within a fraction of a second. One that has not by then held the channel for
     * nobody, or died, and then its sessions are elsewhere or gone [ms].
     */
    static final long REPORT_MS_MAX = 10_000;

    /** The furthest that it came with anybody. */
    public enum State {
        /** A page has had it. */
        ACKNOWLEDGED,
        /** The network has taken it. */
        WRITTEN,
        /** It is on its way to sessions that are there, or no gateway has said yet that there are none. */
        PENDING,
        /** Nobody was there; it is kept for who comes back before it expires. */
        OFFLINE,
        /** Its time was over before it was written to anybody. */
        EXPIRED,
        /** Whoever was there did not get it; each connection has the reason. */
        NOT_DELIVERED;

        /** As answers have it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A gateway that had so many sessions on the channel when the publication came. */
    public record Gateway(String node, int sessions, long ms) {}

    /**
     * What became of it at one connection.
     *
     * @param user null for an anonymous visitor
     * @param reason null if it was written
     * @param ms when it was written, or was known not to be
     * @param acknowledgedMs null if the browser has not said that it has it
     */
    public record Connection(
            String connection,
            String node,
            String transport,
            @Nullable String user,
            @Nullable Reason reason,
            long ms,
            @Nullable Long acknowledgedMs) {
        public State state() {
            return reason != null ? State.NOT_DELIVERED : acknowledgedMs != null ? State.ACKNOWLEDGED : State.WRITTEN;
        }

        private static Connection decode(String connection, String value) {
            String[] words = value.split(" ", 6);
            return new Connection(
                    connection,
                    words[1],
                    words[2],
                    words[5].isEmpty() ? null : words[5],
                    reason(words[0]),
                    Long.parseLong(words[3]),
                    words[4].equals("-") ? null : Long.valueOf(words[4]));
        }

        private static @Nullable Reason reason(String label) {
            for (Reason reason : Reason.values()) {
                if (reason.label().equals(label)) {
                    return reason;
                }
            }
            return null;
        }
    }

    /** Connections that are counted and have no entry of their own. */
    public int omitted() {
        return Math.max(0, written + notDelivered - connections.size());
    }

    /** Reads a receipt's hash; what gateways report of channels that the publisher did not tell of is left out. */
    static List<Delivery> all(Map<String, String> fields, long nowMs) {
        Map<String, Builder> builders = new HashMap<>();
        fields.forEach((field, value) -> {
            String[] words = field.split(" ", 3);
            if (words.length > 1) {
                builders.computeIfAbsent(words[1], channel -> new Builder()).add(words, value);
            }
        });
        List<Delivery> deliveries = new ArrayList<>();
        builders.forEach((channel, builder) -> {
            Stored stored = builder.stored;
            if (stored != null) {
                deliveries.add(builder.build(Channel.parse(channel), stored, nowMs));
            }
        });
        deliveries.sort(Comparator.<Delivery>comparingLong(each -> each.stored().serverMs())
                .thenComparing(each -> each.channel().toString()));
        return deliveries;
    }

    private static final class Builder {
        private @Nullable Stored stored;
        private final List<Gateway> gateways = new ArrayList<>();
        private final List<Connection> connections = new ArrayList<>();
        private final Map<String, Integer> counts = new HashMap<>();

        void add(String[] words, String value) {
            switch (words[0]) {
                case "channel" -> stored = Stored.decode(value);
                case "held" -> {
                    String[] held = value.split(" ", 2);
                    gateways.add(new Gateway(words[2], Integer.parseInt(held[0]), Long.parseLong(held[1])));
                }
                case "on" -> connections.add(Connection.decode(words[2], value));
                case "count" -> counts.put(words[2], Integer.valueOf(value));
                default -> {}
            }
        }

        Delivery build(Channel channel, Stored what, long nowMs) {
            gateways.sort(Comparator.comparingLong(Gateway::ms).thenComparing(Gateway::node));
            connections.sort(Comparator.comparingLong(Connection::ms).thenComparing(Connection::connection));
            return new Delivery(
                    channel,
                    what,
                    state(what, nowMs),
                    gateways,
                    connections,
                    count("written"),
                    count("acknowledged"),
                    count("not-delivered"));
        }

        private State state(Stored what, long nowMs) {
            if (count("acknowledged") > 0) {
                return State.ACKNOWLEDGED;
            }
            if (count("written") > 0) {
                return State.WRITTEN;
            }
            if (nowMs >= what.expiresMs()) {
                return State.EXPIRED;
            }
            int sessions = gateways.stream().mapToInt(Gateway::sessions).sum();
            int failed = count("not-delivered");
            if (failed > 0 && failed >= sessions) {
                return State.NOT_DELIVERED;
            }
            boolean mayBeHeld = what.routed() > 0 && nowMs - what.serverMs() < REPORT_MS_MAX;
            return sessions > 0 || mayBeHeld ? State.PENDING : State.OFFLINE;
        }

        private int count(String state) {
            return counts.getOrDefault(state, 0);
        }
    }
}
