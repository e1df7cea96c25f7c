package fanfare.gateway;

import fanfare.testing.RawHttp;

/** A chunked stream whose chunks' bounds mean nothing; its head has been read. */
final class Chunks {
    private final RawHttp stream;
    private String unread = "";

    Chunks(RawHttp stream) {
        this.stream = stream;
    }

    String upTo(int length) {
        while (unread.length() < length) {
            unread += more();
        }
        String read = unread.substring(0, length);
        unread = unread.substring(length);
        return read;
    }

    /** Everything to the end of the first {@code delimiter}. */
    String through(String delimiter) {
        while (!unread.contains(delimiter)) {
            unread += more();
        }
        return upTo(unread.indexOf(delimiter) + delimiter.length());
    }

    String line() {
        return through("\n");
    }

    /** Everything to the end of the stream, after which the connection may be used again. */
    String rest() {
        StringBuilder rest = new StringBuilder(unread);
        unread = "";
        for (String chunk = stream.chunk(); !chunk.isEmpty(); chunk = stream.chunk()) {
            rest.append(chunk);
        }
        return rest.toString();
    }

    private String more() {
        String chunk = stream.chunk();
        if (chunk.isEmpty()) {
            throw new AssertionError("the stream ended after " + unread);
        }
        return chunk;
    }
}
