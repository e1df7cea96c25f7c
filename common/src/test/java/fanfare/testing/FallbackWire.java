package fanfare.testing;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.Json;
import io.vertx.core.parsetools.RecordParser;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SockJS over requests: one receiver after the other, polling or streaming, and a request for each message sent. */
final class FallbackWire implements Wire {
    /** How a transport asks, and what its frames stand in. */
    enum Form {
        XHR(true, "xhr", "\n") {
            @Override
            @Nullable
            String frame(String record) {
                return record;
            }
        },
        XHR_STREAMING(true, "xhr_streaming", "\n") {
            @Override
            @Nullable
            String frame(String record) {
                boolean prelude = record.length() == 2_048;
                return prelude ? null : record;
            }
        },
        EVENTSOURCE(false, "eventsource", "\r\n\r\n") {
            @Override
            @Nullable
            String frame(String record) {
                String event = record.startsWith("\r\n") ? record.substring(2) : record;
                if (!event.startsWith("data: ")) {
                    return "no event: " + event;
                }
                // Clients run decodeURI over it, which fails on any other percent sign.
                String data = event.substring("data: ".length());
                return data.replace("%25", "").contains("%") ? "a stray percent sign" : data.replace("%25", "%");
            }
        },
        HTMLFILE(false, "htmlfile?c=_jp.abc", "\r\n") {
            @Override
            @Nullable
            String frame(String record) {
                boolean script = record.startsWith("<script>\np(") && record.endsWith(");\n</script>");
                if (!script) {
                    return record.isBlank() || record.startsWith("<!doctype html>") ? null : "no script: " + record;
                }
                String call = record.substring("<script>\np(".length(), record.length() - ");\n</script>".length());
                return call.contains("</") || call.contains("<!--") ? "markup in a script" : string(call);
            }
        },
        JSONP(false, "jsonp?c=_jp.abc", "\r\n") {
            @Override
            @Nullable
            String frame(String record) {
                boolean call = record.startsWith("/**/_jp.abc(") && record.endsWith(");");
                return call ? string(record.substring("/**/_jp.abc(".length(), record.length() - 2)) : "no call";
            }
        };

        private final boolean posts;
        private final String path;
        private final String delimiter;

        Form(boolean posts, String path, String delimiter) {
            this.posts = posts;
            this.path = path;
            this.delimiter = delimiter;
        }

        private HttpMethod method() {
            return posts ? HttpMethod.POST : HttpMethod.GET;
        }

        /** The frame in a piece of an answer; null if there is none. What is no frame ends the session. */
        abstract @Nullable String frame(String record);

        private static String string(String json) {
            return String.valueOf(Json.decodeValue(json));
        }
    }

    private final HttpClient client;
    /** Where all answers are read: on any other thread one could pass before anybody listens to it. */
    private final Context context;

    /** The session at each of the gateways that are asked in turn. */
    private final List<String> sessionUris;

    private int requests;
    private final Form form;
    private final Map<String, String> headers;
    private final Ear ear;
    /** The last send, which the next one waits for, or they would overtake each other; touched on the context only. */
    private Future<Void> sent = Future.succeededFuture();
    /** The requests that have no connection yet; touched on the context only. */
    private Future<?> making = Future.succeededFuture();
    /** Set by the session's last frame, or by our own going away; touched on the context only. */
    private boolean over;

    FallbackWire(Vertx vertx, List<String> sessionUris, Form form, Map<String, String> headers, Ear ear) {
        this.context = vertx.getOrCreateContext();
        this.client = vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(4));
        this.sessionUris = sessionUris;
        this.form = form;
        this.headers = headers;
        this.ear = ear;
        context.runOnContext(start -> receive());
    }

    private void receive() {
        if (over) {
            return;
        }
        request(form.method(), form.path)
                .compose(HttpClientRequest::send)
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
        RecordParser records = RecordParser.newDelimited(form.delimiter, record -> {
            String frame = form.frame(record.toString());
            if (!over && frame != null && !SockJsFrame.hear(frame, ear)) {
                over = true;
            }
        });
        response.handler(records);
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
            sent = sent.transform(before -> say(messages));
            sent.onComplete(promise);
        });
        return promise.future();
    }

    private Future<Void> say(List<String> messages) {
        String frame = SockJsFrame.of(messages);
        boolean asForm = form == Form.JSONP;
        Future<HttpClientRequest> request = asForm
                ? request(HttpMethod.POST, "jsonp_send")
                        .map(made -> made.putHeader("Content-Type", "application/x-www-form-urlencoded"))
                : request(HttpMethod.POST, "xhr_send");
        String body = asForm ? "d=" + URLEncoder.encode(frame, StandardCharsets.UTF_8) : frame;
        int expected = asForm ? 200 : 204;
        return request.compose(made -> made.send(Buffer.buffer(body))).compose(response -> response.body()
                .compose(answer -> response.statusCode() == expected
                        ? Future.succeededFuture()
                        : Future.failedFuture("send: " + response.statusCode() + " " + answer)));
    }

    private Future<HttpClientRequest> request(HttpMethod method, String path) {
        String session = sessionUris.get(requests++ % sessionUris.size());
        RequestOptions options = new RequestOptions().setMethod(method).setAbsoluteURI(session + "/" + path);
        headers.forEach(options::addHeader);
        Future<HttpClientRequest> made = client.request(options);
        making = making.transform(before -> made);
        return made;
    }

    @Override
    public Future<Void> close() {
        Promise<Void> closed = Promise.promise();
        // On the context, or a request could be made of a client that is closed in that very moment.
        context.runOnContext(tick -> {
            over = true;
            // A client may never say that it is closed if that finds it connecting.
            making.onComplete(made -> client.close().onComplete(closed));
        });
        return closed.future();
    }
}
