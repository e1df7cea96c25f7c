package fanfare.receipt;

import org.jspecify.annotations.Nullable;

/** One thing that a gateway saw of a publication. Times are the gateway's own [ms]. */
public sealed interface Report {
    /** As {@code receipt-report.lua} reads it: words, of which none has a blank. */
    String line();

    /** The gateway had so many sessions on the channel when the publication came. */
    record Held(String channel, int sessions, long ms) implements Report {
        @Override
        public String line() {
            return "held " + channel + " " + ms + " " + sessions;
        }
    }

    /** The network has taken it. */
    record Written(String channel, String connection, String transport, @Nullable String user, long ms)
            implements Report {
        @Override
        public String line() {
            return "written " + channel + " " + ms + " " + connection + " " + transport + last(user);
        }
    }

    /** The browser has handed it to the page. */
    record Acknowledged(String channel, String connection, long ms) implements Report {
        @Override
        public String line() {
            return "acknowledged " + channel + " " + ms + " " + connection;
        }
    }

    record NotDelivered(
            String channel, String connection, Reason reason, String transport, @Nullable String user, long ms)
            implements Report {
        @Override
        public String line() {
            return "not-delivered " + channel + " " + ms + " " + connection + " " + reason.label() + " " + transport
                    + last(user);
        }
    }

    /** Of connections that have no entry of their own. */
    record Counted(String channel, int written, int acknowledged, int notDelivered) implements Report {
        @Override
        public String line() {
            return "counted " + channel + " " + written + " " + acknowledged + " " + notDelivered;
        }
    }

    private static String last(@Nullable String user) {
        return user == null ? "" : " " + user;
    }
}
