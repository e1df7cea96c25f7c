package fanfare.http;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ManagementIT {
    @Test
    void noEventLoopGathersWhatMetricsSay(Vertx vertx) throws Exception {
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Gauge.builder("on_event_loop", () -> Context.isOnEventLoopThread() ? 1 : 0)
                .register(metrics);
        HttpServer server = Await.on(
                vertx.getOrCreateContext(), () -> Management.listen(vertx, "127.0.0.1", 0, new Health(), metrics));

        try (RawHttp http = RawHttp.to(server.actualPort())) {
            assertThat(http.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                            .answer()
                            .body())
                    .contains("\non_event_loop 0.0\n");
        }
    }
}
