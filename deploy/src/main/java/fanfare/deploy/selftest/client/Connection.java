package fanfare.deploy.selftest.client;

/** One connection to a gateway, of whatever transport. */
interface Connection {
    /** Sends one message; one that cannot be sent is followed by the end of the connection. */
    void send(String text);

    /** Goes away without another word to the ear. */
    void close();

    /** Who hears what comes of a connection. */
    interface Ear {
        void opened();

        void message(String text);

        /** A sign of life that means nothing else. */
        void beat();

        /** It is over; told once. 1006 if nobody said why. */
        void closed(int code, String reason);
    }
}
