package fanfare.deploy.bench.audience;

import fanfare.deploy.bench.socket.Wire;
import io.netty.channel.Channel;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One user, whatever connections come and go. Like fanfare.js it keeps token and position, and resumes with them. */
final class Guest {
    private final int index;
    private @Nullable String token;
    /** Of the last event since the token; null while the token says it all. */
    private @Nullable String position;

    private @Nullable Channel channel;
    private int heard;
    /** Of the numbers of all that was heard, in which a repeat would show. */
    private long sum;

    Guest(int index) {
        this.index = index;
    }

    int index() {
        return index;
    }

    String name() {
        return Note.userName(index);
    }

    void token(String next) {
        token = next;
        position = null;
    }

    void position(@Nullable String next) {
        position = next;
    }

    void channel(@Nullable Channel next) {
        channel = next;
    }

    @Nullable
    Channel channel() {
        return channel;
    }

    void hear(long number) {
        heard++;
        sum += number;
    }

    int heard() {
        return heard;
    }

    long sum() {
        return sum;
    }

    /** The upgrade to a WebSocket, with a hello, so that a gateway waits for none. */
    byte[] request(int port) {
        String query = "inbox=false";
        if (token != null) {
            query += "&resume=" + token;
            if (position != null) {
                query += "&positions=" + URLEncoder.encode("{\"user\":\"" + position + "\"}", StandardCharsets.UTF_8);
            }
        }
        return Wire.request("/push/websocket?" + query, port, "user=" + name());
    }
}
