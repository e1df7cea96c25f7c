package fanfare.gateway;

import fanfare.testing.RawHttp;

/** A chunked stream whose chunks' bounds mean nothing. */
final class Chunks {
    private final RawHttp stream;
    private String unread = "";

    Chunks(RawHttp stream) {
        this.stream = stream;
    }

    String upTo(int length) {
        while (unread.length() < length) {
            unread += stream.chunk();
        }
        String read = unread.substring(0, length);
        unread = unread.substring(length);
        return read;
    }

    String line() {
        while (unread.indexOf('\n') < 0) {
            unread += stream.chunk();
        }
        return upTo(unread.indexOf('\n') + 1);
    }
}
