package fanfare.redis;

import java.util.List;

/** What a server of a cluster answers if it is not the one to ask, or not yet. Nothing was done then. */
public final class Redirect {
    private static final List<String> ALL = List.of("MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN");

    private Redirect() {}

    /** Whether the slot is elsewhere, on its way, or served by nobody just now. */
    public static boolean is(Throwable failure) {
        return is(String.valueOf(failure.getMessage()));
    }

    /** The same of a message. */
    public static boolean is(String message) {
        // An error of several commands that were sent together quotes each.
        return ALL.stream().anyMatch(message::contains);
    }

    /** Whether the slot has another owner. */
    static boolean isMoved(Throwable failure) {
        return String.valueOf(failure.getMessage()).contains("MOVED ");
    }

    /** The slot that an error says has another owner; -1 if it does not say so. */
    public static int movedSlot(String error) {
        String[] words = error.split(" ", -1);
        return words.length == 3 && words[0].equals("MOVED") ? Integer.parseInt(words[1]) : -1;
    }

    /** Where a key of a slot that is on its way has to be asked for; empty if the answer does not say so. */
    static String askedAt(Throwable failure) {
        String[] words = String.valueOf(failure.getMessage()).split(" ", -1);
        return words.length == 3 && words[0].equals("ASK") ? words[2] : "";
    }
}
