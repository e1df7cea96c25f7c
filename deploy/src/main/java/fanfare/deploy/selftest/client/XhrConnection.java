package fanfare.deploy.selftest.client;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SockJS over xhr: one receiver after the other, polling or streaming, and a request for each message sent. */
final class XhrConnection implements Connection {
    /** The first line of a stream, for browsers that hold back its first bytes. */
    private static final int PRELUDE_LENGTH = 2_048;

    private final HttpClient client;
    /** The end of a session's path -> the request's options. */
    private final Function<String, RequestOptions> where;

    private final String receiver;
    private final Ear ear;
    /** The request that waits for messages; null between two. */
    private @Nullable HttpClientRequest waiting;
    /** Nothing is told any more. */
    private boolean over;

    /** {@code receiver} is {@code xhr} or {@code xhr_streaming}. */
    XhrConnection(HttpClient client, Function<String, RequestOptions> where, String receiver, Ear ear) {
        this.client = client;
        this.where = where;
        this.receiver = receiver;
        this.ear = ear;
        receive();
    }

    private void receive() {
        if (over) {
            return;
        }
        client.request(where.apply(receiver).setMethod(HttpMethod.POST))
                .compose(request -> {
                    waiting = request;
                    if (over) {
                        request.reset();
                    }
                    return request.send();
                })
                .onSuccess(this::read)
                .onFailure(failure -> end(String.valueOf(failure.getMessage())));
    }

    private void read(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            end("status " + response.statusCode());
            return;
        }
        response.exceptionHandler(failure -> end(String.valueOf(failure.getMessage())));
        response.endHandler(ended -> {
            waiting = null;
            receive();
        });
        response.handler(RecordParser.newDelimited("\n", this::hear));
    }

    private void hear(Buffer line) {
        if (over || line.length() == PRELUDE_LENGTH) {
            return;
        }
        if (!SockJsFrame.hear(line.toString(), ear)) {
            over = true;
        }
    }

    private void end(String reason) {
        if (!over) {
            over = true;
            ear.closed(SockJsFrame.ABNORMAL, reason);
        }
    }

    @Override
    public void send(String text) {
        client.request(where.apply("xhr_send").setMethod(HttpMethod.POST))
                .compose(request -> request.send(SockJsFrame.of(text)))
                .onSuccess(response -> {
                    if (response.statusCode() != 204) {
                        end("xhr_send: status " + response.statusCode());
                    }
                })
                .onFailure(failure -> end("xhr_send: " + failure.getMessage()));
    }

    @Override
    public void close() {
        over = true;
        if (waiting != null) {
            waiting.reset();
        }
    }
}
