package fanfare.receipt;

import fanfare.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a gateway saw of a publication. Times are the gateway's own [ms]. Where it was is said by a {@link #place}.
 */
public sealed interface Report {
    /**
     * A channel, and what tells publications with one id apart there: an id may be used again, and a replay has another
     * position.
     *
     * @param serverMs when Redis took the publication first, on its clock [ms]
     */
    static String place(Channel channel, long serverMs) {
        return channel + " " + serverMs;
    }

    /** As {@code receipt-report.lua} reads it: words, of which none has a blank. */
    String line();

    /** The gateway had so many sessions on the channel when the publication came. */
    record Held(String place, int sessions, long ms) implements Report {
        @Override
        public String line() {
            return "held " + place + " " + ms + " " + sessions;
        }
    }

    /** The network has taken it. */
    record Written(String place, String connection, String transport, @Nullable String user, long ms)
            implements Report {
        @Override
        public String line() {
            return "written " + place + " " + ms + " " + connection + " " + transport + last(user);
        }
    }

    /** The browser has handed it to the page. */
    record Acknowledged(String place, String connection, long ms) implements Report {
        @Override
        public String line() {
            return "acknowledged " + place + " " + ms + " " + connection;
        }
    }

    record NotDelivered(
            String place, String connection, Reason reason, String transport, @Nullable String user, long ms)
            implements Report {
        @Override
        public String line() {
            return "not-delivered " + place + " " + ms + " " + connection + " " + reason.label() + " " + transport
                    + last(user);
        }
    }

    /** Of connections that have no entry of their own. */
    record Counted(String place, int written, int acknowledged, int notDelivered) implements Report {
        @Override
        public String line() {
            return "counted " + place + " " + written + " " + acknowledged + " " + notDelivered;
        }
    }

    private static String last(@Nullable String user) {
        return user == null ? "" : " " + user;
    }
}
