package fanfare.http;

import fanfare.process.ProcessMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.Map;
import java.util.function.Supplier;

/** The management port: {@code /livez}, {@code /readyz} and {@code /metrics}. */
public final class Management {
    private Management() {}

    public static Future<HttpServer> listen(
            Vertx vertx, String host, int port, Health health, PrometheusMeterRegistry metrics) {
        return listen(vertx, host, port, health, metrics, Map.of());
    }

    /** {@code more} are further paths, and what they show; it is asked on the management port's loop. */
    public static Future<HttpServer> listen(
            Vertx vertx,
            String host,
            int port,
            Health health,
            PrometheusMeterRegistry metrics,
            Map<String, Supplier<JsonObject>> more) {
        ProcessMetrics.register(metrics);
        Gauge.builder("fanfare_ready", health, checks -> checks.isReady() ? 1 : 0)
                .description("1 while this process is to be sent work, as /readyz says")
                .register(metrics);
        Router router = Router.router(vertx);
        new ProblemHandler(metrics).install(router);
        // Liveness asks nobody: a process that can answer at all need not be killed.
        router.get("/livez")
                .handler(context -> context.json(
                        new JsonObject().put("status", Health.word(true)).put("checks", new JsonObject())));
        router.get("/readyz").handler(context -> {
            context.response().setStatusCode(health.isReady() ? 200 : 503);
            context.json(health.readiness());
        });
        // Off the event loop: to count a process's files the kernel lists them all, a connection each.
        router.get("/metrics").handler(context -> vertx.executeBlocking(() -> metrics.scrape())
                .onSuccess(text -> context.response()
                        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                        .end(text))
                .onFailure(context::fail));
        more.forEach((path, content) -> router.get(path).handler(context -> context.json(content.get())));
        return vertx.createHttpServer(new HttpServerOptions().setIdleTimeout(75))
                .requestHandler(router)
                .listen(port, host);
    }
}
