package fanfare.presence;

/** What a gateway knows of one user whom it holds or held a moment ago. Confined like its {@link PresenceWriter}. */
final class Held {
    /** What Redis knows is not known, since it did not answer. */
    private static final int UNKNOWN = -1;

    /** Connections of the user here. */
    int connections;
    /** When the gateway began to hold the user, by Redis [ms]; 0 until it has said so. */
    long since;
    /** The number of connections that Redis has acknowledged for the current incarnation. */
    private int told;
    /** A script is under way; the next waits for it, so that they keep their order. */
    private boolean telling;

    boolean isTold() {
        return !telling && told == connections;
    }

    /** Redis takes the user for gone or here wrongly, and is to be told at once. */
    boolean isUrgent() {
        return !telling && (told == UNKNOWN || (told == 0) != (connections == 0));
    }

    /** There are connections of which Redis does not know. */
    boolean isMoreThanTold() {
        return connections > told;
    }

    boolean isTelling() {
        return telling;
    }

    void telling() {
        telling = true;
    }

    void told(int number) {
        telling = false;
        told = number;
        if (number == 0) {
            since = 0;
        }
    }

    void failed() {
        telling = false;
        told = UNKNOWN;
    }

    /** Redis has another master, which may not know what the one before did. */
    void doubt() {
        if (!telling) {
            told = UNKNOWN;
        }
    }

    /** A new incarnation has told nothing yet. */
    void forget() {
        telling = false;
        told = 0;
    }
}
