package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RawHttp;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code FANFARE_TRANSPORTS}: there is nothing where a transport is switched off. */
class TransportsIT {
    private static final Map<String, List<String>> PATHS = paths();

    /** By transport the requests that belong to it. */
    private static Map<String, List<String>> paths() {
        Map<String, List<String>> paths = new LinkedHashMap<>();
        paths.put("websocket", List.of("GET /push/000/s/websocket"));
        paths.put("raw-websocket", List.of("GET /push/websocket"));
        paths.put("xhr-streaming", List.of("POST /push/000/s/xhr_streaming", "POST /push/000/s/xhr_send"));
        paths.put("eventsource", List.of("GET /push/000/s/eventsource", "POST /push/000/s/xhr_send"));
        paths.put("htmlfile", List.of("GET /push/000/s/htmlfile", "POST /push/000/s/xhr_send"));
        paths.put("xhr", List.of("POST /push/000/s/xhr", "POST /push/000/s/xhr_send"));
        paths.put("jsonp", List.of("GET /push/000/s/jsonp", "POST /push/000/s/jsonp_send"));
        paths.put("events", List.of("GET /events"));
        return paths;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "websocket",
                "raw-websocket",
                "xhr-streaming",
                "eventsource",
                "htmlfile",
                "xhr",
                "jsonp",
                "events"
            })
    void onlyWhatIsSwitchedOnIsThere(String transport) {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_TRANSPORTS", transport))) {
            int port = cluster.port(0);
            List<String> own = PATHS.getOrDefault(transport, List.of());
            PATHS.values().stream().flatMap(List::stream).distinct().forEach(request -> {
                RawHttp.Answer answer = answer(port, request);
                // A session that nobody has opened is not found either.
                boolean there = answer.status() != 404 || answer.body().contains("no such session");
                assertThat(there).as(request).isEqualTo(own.contains(request));
            });
            JsonObject info = new JsonObject(RawHttp.get(port, "/push/info").body());
            assertThat(info.getBoolean("websocket")).isEqualTo(transport.equals("websocket"));
        }
    }

    /** Refused for want of a login or of something else, and so at once, wherever there is anything. */
    private static RawHttp.Answer answer(int port, String request) {
        try (RawHttp http = RawHttp.to(port)) {
            String method = request.substring(0, request.indexOf(' '));
            String path = request.substring(method.length() + 1);
            return http.request(method, path, "", "Origin: http://evil.example").answer();
        }
    }
}
