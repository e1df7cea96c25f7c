package fanfare.testing;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.util.List;
import java.util.Map;

/** SockJS over xhr: one receiver after the other, polling or streaming, and a request for each message sent. */
final class XhrWire implements Wire {
    private final HttpClient client;
    /** Where all answers are read: on any other thread one could pass before anybody listens to it. */
    private final Context context;

    private final String sessionUri;
    private final String receiver;
    private final Map<String, String> headers;
    private final Ear ear;
    /** The last send, which the next one waits for, or they would overtake each other; touched on the context only. */
    private Future<Void> sent = Future.succeededFuture();
    /** Set by the session's last frame, or by our own going away; touched on the context only. */
    private boolean over;

    /** {@code receiver} is {@code xhr} or {@code xhr_streaming}. */
    XhrWire(Vertx vertx, String sessionUri, String receiver, Map<String, String> headers, Ear ear) {
        this.context = vertx.getOrCreateContext();
        this.client = vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(4));
        this.sessionUri = sessionUri;
        this.receiver = receiver;
        this.headers = headers;
        this.ear = ear;
        context.runOnContext(start -> receive());
    }

    private void receive() {
        if (over) {
            return;
        }
        post(receiver, Buffer.buffer())
                .onSuccess(response -> {
                    if (response.statusCode() == 200) {
                        read(response);
                    } else {
                        response.body()
                                .onComplete(body ->
                                        end(() -> ear.refused(response.statusCode(), String.valueOf(body.result()))));
                    }
                })
                .onFailure(failure -> end(() -> ear.closed(1006, String.valueOf(failure.getMessage()))));
    }

    private void read(HttpClientResponse response) {
        RecordParser lines = RecordParser.newDelimited("\n", line -> {
            boolean prelude = line.length() == 2_048;
            if (!over && !prelude && !SockJsFrame.hear(line.toString(), ear)) {
                over = true;
            }
        });
        response.handler(lines);
        response.exceptionHandler(failure -> end(() -> ear.closed(1006, String.valueOf(failure.getMessage()))));
        response.endHandler(end -> receive());
    }

    private void end(Runnable news) {
        if (!over) {
            over = true;
            news.run();
        }
    }

    @Override
    public Future<Void> send(List<String> messages) {
        Promise<Void> promise = Promise.promise();
        context.runOnContext(tick -> {
            sent = sent.transform(before -> post("xhr_send", Buffer.buffer(SockJsFrame.of(messages))))
                    .compose(response -> response.body()
                            .compose(body -> response.statusCode() == 204
                                    ? Future.succeededFuture()
                                    : Future.failedFuture("xhr_send: " + response.statusCode() + " " + body)));
            sent.onComplete(promise);
        });
        return promise.future();
    }

    private Future<HttpClientResponse> post(String transport, Buffer body) {
        RequestOptions options =
                new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(sessionUri + "/" + transport);
        headers.forEach(options::addHeader);
        return client.request(options).compose(request -> request.send(body));
    }

    @Override
    public Future<Void> close() {
        Promise<Void> closed = Promise.promise();
        // On the context, or a request could be made of a client that is closed in that very moment.
        context.runOnContext(tick -> {
            over = true;
            client.close().onComplete(closed);
        });
        return closed.future();
    }
}
