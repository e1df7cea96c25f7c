package fanfare.deploy.balancer;

import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whose turn it is, among the backends that say they are ready; while none does, among those that did and are only slow to
 * say it again. Asks each of them twice a second.
 */
final class Rotation {
    /** A backend that stops being ready is out after this and the time-out at the latest. */
    private static final int ASK_EVERY_MS = 500;

    private final List<Backend> backends;
    /** How long an answer may take before the backend is out. */
    private final int askMaxMs;

    private final HttpClient client;
    private final Set<Backend> ready = new HashSet<>();
    /** Those that were ready and did not answer in time: a busy one is better than none. */
    private final Set<Backend> silent = new HashSet<>();
    /** Backends that owe an answer: a second question could be answered before the first. */
    private final Set<Backend> asked = new HashSet<>();
    /** Place of the backend whose turn it is; if that one is not ready, the next ready one takes it. */
    private int turn;

    Rotation(Vertx vertx, List<Backend> backends, int askMaxMs) {
        this.backends = backends;
        this.askMaxMs = askMaxMs;
        this.client = vertx.createHttpClient(new HttpClientOptions().setConnectTimeout(askMaxMs));
        askAll();
        vertx.setPeriodic(ASK_EVERY_MS, timer -> askAll());
    }

    /** The backends in the order in which to try them; each call begins with the next one. */
    List<Backend> next() {
        Set<Backend> usable = ready.isEmpty() ? silent : ready;
        List<Backend> order = new ArrayList<>();
        for (int i = 0; i < backends.size(); i++) {
            Backend backend = backends.get((turn + i) % backends.size());
            if (usable.contains(backend)) {
                order.add(backend);
            }
        }
        if (!order.isEmpty()) {
            // Counted from the one that is chosen: else whoever stands behind an unready one would get its share as
            // well.
            turn = (backends.indexOf(order.get(0)) + 1) % backends.size();
        }
        return order;
    }

    /** Takes a backend out until it answers again. */
    void refused(Backend backend) {
        ready.remove(backend);
        silent.remove(backend);
    }

    /** How many backends would be given requests. */
    int readyCount() {
        return ready.size();
    }

    private void askAll() {
        for (Backend backend : backends) {
            if (!asked.add(backend)) {
                continue;
            }
            client.request(HttpMethod.GET, backend.managementPort(), backend.host(), "/readyz")
                    .compose(request -> request.idleTimeout(askMaxMs).send())
                    .map(HttpClientResponse::statusCode)
                    .timeout(askMaxMs, TimeUnit.MILLISECONDS)
                    .onComplete(answer -> {
                        asked.remove(backend);
                        heard(backend, answer);
                    });
        }
    }

    private void heard(Backend backend, AsyncResult<Integer> answer) {
        if (answer.failed() && answer.cause() instanceof TimeoutException) {
            if (ready.remove(backend)) {
                silent.add(backend);
            }
            return;
        }
        silent.remove(backend);
        if (answer.succeeded() && answer.result() == 200) {
            ready.add(backend);
        } else {
            ready.remove(backend);
        }
    }
}
