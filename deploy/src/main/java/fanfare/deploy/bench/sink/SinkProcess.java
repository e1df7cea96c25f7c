package fanfare.deploy.bench.sink;

import fanfare.config.Env;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/** {@code deploy.jar bench sinks PORT}: listens there for what the sinks shall do. */
public final class SinkProcess {
    private static final String LOOPBACK = "127.0.0.1";

    private final SinkLoop loop;

    private SinkProcess(SinkLoop loop) {
        this.loop = loop;
    }

    /** Goes on after the return, until the process is ended or the one that started it has gone. */
    public static void run(List<String> arguments) {
        Logging.install(LogFormat.TEXT);
        Parent.watch(
                Parent.pid(new Env(System.getenv())), () -> Runtime.getRuntime().halt(1));
        try {
            SinkLoop loop = new SinkLoop();
            new Thread(loop, "sinks").start();
            Vertx.vertx()
                    .createHttpServer()
                    .requestHandler(new SinkProcess(loop)::handle)
                    .listen(Integer.parseInt(arguments.get(0)), LOOPBACK)
                    .onFailure(SinkProcess::fail);
        } catch (IOException e) {
            fail(e);
        }
    }

    private static void fail(Throwable failure) {
        System.err.println("cannot start: " + failure);
        Runtime.getRuntime().halt(1);
    }

    private void handle(HttpServerRequest request) {
        var unused = loop.order(() -> answer(request)).whenComplete((json, failure) -> {
            if (failure == null) {
                request.response().end(json.toBuffer());
            } else {
                request.response().setStatusCode(500).end(String.valueOf(failure.getMessage()));
            }
        });
    }

    private CompletableFuture<JsonObject> answer(HttpServerRequest request) {
        return switch (String.valueOf(request.path())) {
            case "/readyz", "/counts" -> loop.counts();
            case "/come" ->
                loop.come(
                        number(request, "port"),
                        Framing.valueOf(request.getParam("framing", "").toUpperCase(Locale.ROOT)),
                        number(request, "first"),
                        number(request, "count"),
                        number(request, "atOnce"));
            case "/leave" -> loop.leave(number(request, "count"));
            case "/deafen" -> loop.deafen(number(request, "count"));
            case "/arrivals" -> loop.arrivals(Long.parseLong(request.getParam("since")));
            default -> CompletableFuture.failedFuture(new IOException("no such request: " + request.path()));
        };
    }

    private static int number(HttpServerRequest request, String name) {
        return Integer.parseInt(request.getParam(name));
    }
}
