package fanfare.deploy.selftest.client;

/** The ways in which clients connect, and how many of each hundred do so. */
enum Transport {
    SOCKJS_WEBSOCKET(40),
    RAW_WEBSOCKET(30),
    XHR_STREAMING(15),
    XHR_POLLING(15);

    private final int percent;

    Transport(int percent) {
        this.percent = percent;
    }

    /** Mixes them evenly, whatever the number of clients. */
    static Transport of(int client) {
        // 37 has no factor in common with 100, so each hundred clients meets each remainder once.
        int place = client * 37 % 100;
        for (Transport transport : values()) {
            place -= transport.percent;
            if (place < 0) {
                return transport;
            }
        }
        throw new AssertionError("the shares do not add up to 100");
    }
}
