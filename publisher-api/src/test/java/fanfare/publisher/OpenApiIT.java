package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.http.Problem;
import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.publisher.Contract.Example;
import fanfare.publisher.Contract.Operation;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code openapi.yaml} promises, and what the handlers do. A refusal's example says in {@code x-provoked-by} which
 * request gets it; those that are the same for many calls are provoked by their names, see {@link #provoke}.
 */
@ExtendWith(VertxExtension.class)
class OpenApiIT {
    private static final String ENCODING = "Content-Encoding";
    /** The user of the document's examples. */
    private static final String USER = "42";
    /** Whose inbox nothing can be read from or added to. */
    private static final String SPOILT = "spoilt";

    private static final Set<Problem> OF_THE_GATEWAY =
            Set.of(Problem.NOT_LOGGED_IN, Problem.ORIGIN_REFUSED, Problem.MISDIRECTED);
    /** How HTTP carries an answer, which no description of an API repeats. */
    private static final Set<String> FRAMING = Set.of("content-type", "content-length", "connection");

    private static RunningPublisher publisher;
    /** One that does not wait long for bodies. */
    private static RunningPublisher hasty;
    /** One whose Redis is dead. */
    private static RunningPublisher orphan;

    private static RedisServer dead;
    private static KnownGateway gateway;
    /** Permitted next to nothing. */
    private static final MadeKey POOR = MadeKey.with("poor", "publish:topic=/none");
    /** Owes more tokens than it gets in the course of these tests. */
    private static final MadeKey SPENT = MadeKey.with(
            "spent", "publish:user,publish:broadcast,publish:topic,presence:read,history:read,disconnect,rate=1/1");

    private static Contract contract;

    /** What came back, whichever client asked. */
    private record Answer(int status, Map<String, String> headers, String body) {
        static Answer of(HttpResponse<String> response) {
            Map<String, String> headers = response.headers().map().entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, header -> String.join(", ", header.getValue())));
            return new Answer(response.statusCode(), headers, response.body());
        }

        static Answer of(RawHttp.Answer answer) {
            Map<String, String> headers = answer.head().lines().stream()
                    .map(line -> line.split(": ", 2))
                    .collect(Collectors.toMap(line -> line[0].toLowerCase(Locale.ROOT), line -> line[1]));
            return new Answer(answer.status(), headers, answer.body());
        }
    }

    /** One example of how an operation may be refused. */
    private record Refusal(Operation operation, JsonObject response, Example example) {}

    @BeforeAll
    static void start(Vertx vertx, @TempDir Path folder) throws Exception {
        Path keys = Files.writeString(folder.resolve("keys"), POOR.line() + SPENT.line());
        String redis = RedisServer.shared().url();
        publisher =
                RunningPublisher.start(redis, PublisherVerticle.BODY_MAX, Map.of("FANFARE_KEYS_FILE", keys.toString()));
        hasty = RunningPublisher.start(redis, Duration.ofSeconds(1), Map.of());
        dead = RedisServer.start();
        orphan = RunningPublisher.start(dead.url(), PublisherVerticle.BODY_MAX, Map.of());
        dead.kill();
        gateway = KnownGateway.start(
                vertx,
                publisher.prefix,
                PresenceLimits.defaults(),
                new NodeState("gateway-1", "127.0.0.1:7081", 1, 1, true, false, "test"));
        gateway.open(USER);
        publisher.post(
                "/v1/publish",
                RunningPublisher.PUBLISH.replace("{\"to\"", "{\"id\":\"order-with-receipt\",\"receipt\":true,\"to\""));
        until("the user is online", () -> json(publisher.get(publisher.port, "/v1/users/" + USER + "/presence"))
                .getBoolean("online"));
        StoredItems.spoil(vertx, RedisServer.shared(), publisher.prefix, SPOILT);
        String many =
                IntStream.range(0, 1_000).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(",", "[", "]"));
        publisher.publish(SPENT.key(), "{\"users\":" + many + "}", "/a");
        contract = new Contract(publisher
                .send(publisher.request(publisher.port, "/v1/openapi.yaml"))
                .body());
    }

    @AfterAll
    static void stop() {
        gateway.stop();
        publisher.close();
        hasty.close();
        orphan.close();
        dead.close();
    }

    @Test
    void theDocumentIsOpenApiAndItsExamplesAreWhatItsSchemasSay(Vertx vertx) throws Exception {
        assertThat(contract.validity(vertx).getErrors()).isNullOrEmpty();
        assertThat(contract.validity(vertx).getValid()).isTrue();
        for (Operation operation : contract.operations()) {
            Stream<JsonObject> bodies =
                    operation.takesBody() ? Stream.of(operation.node().getJsonObject("requestBody")) : Stream.empty();
            Stream.concat(bodies, contract.responses(operation).values().stream())
                    .forEach(OpenApiIT::examplesFit);
            for (JsonObject parameter : operation.parameters()) {
                assertThat(contract.violations(parameter.getJsonObject("schema"), parameter.getValue("example")))
                        .isEmpty();
            }
        }
        contract.responses().values().forEach(OpenApiIT::examplesFit);
    }

    @Test
    void everyRouteIsDocumentedAndNoOther() {
        Set<String> served = publisher.routes().stream()
                .filter(route -> route.methods() != null)
                .flatMap(route -> route.methods().stream().map(method -> method + " " + route.getName()))
                .map(route -> route.replaceAll(":(\\w+)", "{$1}"))
                .collect(Collectors.toSet());
        assertThat(contract.operations())
                .extracting(operation -> operation.method() + " " + operation.path())
                .containsExactlyInAnyOrderElementsOf(served);
    }

    @Test
    void everyExampleOfARequestIsAnsweredAsTheDocumentSays() {
        for (Operation operation : contract.operations()) {
            for (Object body : bodies(operation)) {
                for (boolean withAll : new boolean[] {false, true}) {
                    Answer answer = send(call(publisher, operation, withAll, body));
                    assertThat(answer.status())
                            .as(operation.id() + ": " + answer)
                            .isEqualTo(200);
                    assertDocumented(operation, answer);
                }
            }
        }
    }

    @Test
    void everyLimitOfAFieldIsTheHandlersOwn() {
        for (Operation operation : contract.operations()) {
            if (operation.takesBody()) {
                JsonObject whole = (JsonObject) bodies(operation).get(0);
                JsonObject content = contract.content(operation.node().getJsonObject("requestBody"))
                        .get("application/json");
                contract.properties(content.getJsonObject("schema"))
                        .forEach((name, schema) -> assertLimits(operation, whole, name, schema));
            }
        }
        for (Object target :
                contract.properties(contract.schema("Publication")).get("to").getJsonArray("oneOf")) {
            contract.properties((JsonObject) target).forEach((name, schema) -> {
                Operation publish = contract.operation("publish");
                JsonObject whole = (JsonObject) bodies(publish).get(0);
                Extremes.of(schema, null)
                        .forEach(extreme -> assertLimit(
                                publish,
                                whole.copy().put("to", new JsonObject().put(name, extreme.value())),
                                "to." + name,
                                extreme.fits()));
            });
        }
    }

    @Test
    void answersInPartAreDocumentedToo() {
        String several = RunningPublisher.PUBLISH.replace("\"user\":\"42\"", "\"users\":[\"1\",\"" + SPOILT + "\"]");
        Answer batch = Answer.of(
                publisher.post("/v1/batch", "{\"publications\":[7," + several + "," + RunningPublisher.PUBLISH + "]}"));
        assertThat(batch.body()).contains("\"status\":400", "\"status\":503", "\"position\"");
        assertDocumented(contract.operation("batch"), batch);
        for (String id : List.of("history", "stats", "listOnline", "presence")) {
            Answer answer = send(call(publisher, contract.operation(id), false, ""));
            assertThat(answer.body()).containsAnyOf("\"42\"", "\"gateway-1\"", "\"data\"");
            assertDocumented(contract.operation(id), answer);
        }
    }

    @Test
    void everyRefusalHappens() throws Exception {
        // At once, since some take their time.
        ExecutorService callers = Executors.newCachedThreadPool();
        try {
            Map<Refusal, Future<Optional<Answer>>> answers = new LinkedHashMap<>();
            for (Refusal refusal : refusals()) {
                answers.put(refusal, callers.submit(() -> provoke(refusal.operation(), refusal.example())));
            }
            Set<String> missed = new HashSet<>();
            Set<String> met = new HashSet<>();
            for (Map.Entry<Refusal, Future<Optional<Answer>>> entry : answers.entrySet()) {
                Refusal refusal = entry.getKey();
                Optional<Answer> answer = entry.getValue().get(30, TimeUnit.SECONDS);
                (answer.isPresent() ? met : missed).add(refusal.example().name());
                answer.ifPresent(found -> {
                    assertRefusal(refusal.example(), refusal.response(), found);
                    assertDocumented(refusal.operation(), found);
                });
            }
            missed.removeAll(met);
            assertThat(missed).isEmpty();
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void whatIsNoCallIsRefusedAsTheDocumentSays() {
        int provoked = 0;
        for (JsonObject response : contract.responses().values()) {
            for (Example example : contract.examples(response)) {
                JsonObject by = example.node().getJsonObject("x-provoked-by");
                if (by != null) {
                    try (RawHttp http = RawHttp.to(publisher.port)) {
                        RawHttp.Answer answer = http.request(by.getString("method"), by.getString("path"), "")
                                .answer();
                        assertRefusal(example, response, Answer.of(answer));
                        provoked++;
                    }
                }
            }
        }
        assertThat(provoked).isEqualTo(3);
    }

    @Test
    void everyProblemIsDocumented() {
        Set<Object> types = Stream.of(Problem.values())
                .filter(problem -> !OF_THE_GATEWAY.contains(problem))
                .map(Problem::type)
                .collect(Collectors.toSet());
        assertThat(contract.schema("ProblemType").getJsonArray("enum")).containsExactlyInAnyOrderElementsOf(types);
        Stream<Example> elsewhere = contract.responses().values().stream().flatMap(r -> contract.examples(r).stream());
        assertThat(Stream.concat(refusals().stream().map(Refusal::example), elsewhere)
                        .map(example -> example.node().getJsonObject("value").getValue("type")))
                .containsAll(types);
        for (Operation operation : contract.operations()) {
            Set<String> statuses = contract.responses(operation).keySet();
            if (operation.needsKey()) {
                assertThat(statuses).as(operation.id()).contains("401", "429", "503", "default");
                // A batch as such is nobody's to refuse: each of its publications is judged by the key.
                assertThat(statuses.contains("403")).isEqualTo(!operation.id().equals("batch"));
            }
            if (operation.takesBody()) {
                assertThat(statuses).as(operation.id()).contains("400", "408", "413", "415");
            }
        }
    }

    private static void assertLimits(Operation operation, JsonObject whole, String name, JsonObject schema) {
        Extremes.of(schema, whole.getValue(name))
                .forEach(extreme ->
                        assertLimit(operation, whole.copy().put(name, extreme.value()), name, extreme.fits()));
    }

    private static void assertLimit(Operation operation, JsonObject body, String field, boolean fits) {
        Answer answer = send(call(publisher, operation, false, body));
        assertThat(answer.status()).as(field + " of " + operation.id()).isEqualTo(fits ? 200 : 400);
        if (!fits) {
            assertThat(new JsonObject(answer.body()).getString("field")).isEqualTo(field);
        }
    }

    private static List<Refusal> refusals() {
        List<Refusal> refusals = new ArrayList<>();
        for (Operation operation : contract.operations()) {
            contract.responses(operation).forEach((status, response) -> {
                if (!status.equals("200")) {
                    contract.examples(response)
                            .forEach(example -> refusals.add(new Refusal(operation, response, example)));
                }
            });
        }
        return refusals;
    }

    /** Does what gets the refusal; empty if this call cannot be brought to it. */
    private static Optional<Answer> provoke(Operation operation, Example example) {
        Object body = bodies(operation).get(0);
        HttpRequest.Builder call = call(publisher, operation, false, body);
        JsonObject by = example.node().getJsonObject("x-provoked-by");
        if (by != null) {
            return Optional.of(
                    by.containsKey("body")
                            ? send(call(publisher, operation, false, by.getValue("body")))
                            : send(call.uri(uri(by, call.build().uri()))));
        }
        return switch (example.name()) {
            case "no-key" -> Optional.of(send(withoutKey(operation)));
            case "unknown-key" -> Optional.of(send(call.setHeader("Authorization", "Bearer nobody.x")));
            case "lacks-permission" -> Optional.of(send(call.setHeader("Authorization", "Bearer " + POOR.key())));
            case "not-json" -> Optional.of(send(post(call, "{".getBytes(StandardCharsets.UTF_8))));
            case "broken-gzip" ->
                Optional.of(send(post(call, new byte[] {31, -117}).setHeader(ENCODING, "gzip")));
            case "data-too-large" ->
                Optional.of(send(call(
                        publisher, operation, false, ((JsonObject) body).copy().put("data", "x".repeat(65_535)))));
            case "body-too-large" ->
                Optional.of(send(post(call, Gzip.of(" ".repeat((8 << 20) + 1))).setHeader(ENCODING, "gzip")));
            case "not-said-to-be-json" -> Optional.of(send(call.setHeader("Content-Type", "text/plain")));
            case "other-encoding" -> Optional.of(send(call.setHeader(ENCODING, "br")));
            case "slow-body" -> Optional.of(slowly(operation));
            case "redis-is-away" -> Optional.of(send(call(orphan, operation, false, body)));
            case "bug" ->
                operation.id().equals("history")
                        ? Optional.of(Answer.of(publisher.get(publisher.port, "/v1/users/" + SPOILT + "/history")))
                        : Optional.empty();
            case "too-many-requests" -> Optional.of(send(call.setHeader("Authorization", "Bearer " + SPENT.key())));
            default -> throw new AssertionError("nobody knows what gets " + example.name());
        };
    }

    /** Example bodies; one that is none for a call that takes none. */
    private static List<Object> bodies(Operation operation) {
        return operation.takesBody()
                ? contract.examples(operation.node().getJsonObject("requestBody")).stream()
                        .map(Example::value)
                        .toList()
                : List.of("");
    }

    /** The call with its parameters' examples, those that may be left out only if {@code withAll}. */
    private static HttpRequest.Builder call(RunningPublisher to, Operation operation, boolean withAll, Object body) {
        String path = operation.path();
        List<String> query = new ArrayList<>();
        Map<String, String> headers = new LinkedHashMap<>();
        for (JsonObject parameter : operation.parameters()) {
            String name = parameter.getString("name");
            String value = String.valueOf(parameter.getValue("example"));
            String where = parameter.getString("in");
            if (where.equals("path")) {
                path = path.replace("{" + name + "}", value);
            } else if (withAll && where.equals("query")) {
                query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
            } else if (withAll) {
                headers.put(name, value);
            }
        }
        HttpRequest.Builder call = to.request(to.port, path + (query.isEmpty() ? "" : "?" + String.join("&", query)));
        headers.forEach(call::setHeader);
        if (operation.needsKey()) {
            call.setHeader(withAll ? "X-API-Key" : "Authorization", (withAll ? "" : "Bearer ") + RunningPublisher.DEV);
        }
        if (!operation.takesBody()) {
            return call.GET();
        }
        String text = Json.encode(body);
        return post(
                call.setHeader("Content-Type", "application/json"),
                headers.containsKey(ENCODING) ? Gzip.of(text) : text.getBytes(StandardCharsets.UTF_8));
    }

    private static HttpRequest.Builder post(HttpRequest.Builder call, byte[] body) {
        return call.POST(BodyPublishers.ofByteArray(body));
    }

    private static HttpRequest.Builder withoutKey(Operation operation) {
        HttpRequest whole =
                call(publisher, operation, false, bodies(operation).get(0)).build();
        return HttpRequest.newBuilder(whole, (name, value) -> !name.equalsIgnoreCase("Authorization"));
    }

    private static URI uri(JsonObject by, URI whole) {
        return by.containsKey("path")
                ? whole.resolve(by.getString("path"))
                : URI.create(whole.toString().replaceFirst("\\?.*", "") + "?" + by.getString("query"));
    }

    private static Answer send(HttpRequest.Builder call) {
        return Answer.of(publisher.send(call));
    }

    /** Sends less of a body than its head says. */
    private static Answer slowly(Operation operation) {
        try (RawHttp http = RawHttp.to(hasty.port)) {
            http.send("POST " + operation.path() + " HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + RunningPublisher.DEV
                    + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{");
            return Answer.of(http.answer());
        }
    }

    private static void examplesFit(JsonObject node) {
        contract.content(node).values().forEach(media -> contract.examples(node)
                .forEach(example -> assertThat(contract.violations(media.getJsonObject("schema"), example.value()))
                        .isEmpty()));
    }

    private static void assertDocumented(Operation operation, Answer answer) {
        Map<String, JsonObject> responses = contract.responses(operation);
        JsonObject response = responses.get(Integer.toString(answer.status()));
        assertAsIn(response == null && answer.status() == 500 ? responses.get("default") : response, answer);
    }

    private static void assertRefusal(Example example, JsonObject response, Answer answer) {
        assertAsIn(response, answer);
        JsonObject said = new JsonObject(answer.body());
        JsonObject documented = (JsonObject) example.value();
        for (String name : List.of("type", "title", "status", "field")) {
            assertThat(said.getValue(name)).as(example.name() + ": " + said).isEqualTo(documented.getValue(name));
        }
        assertThat(answer.status()).isEqualTo(documented.getInteger("status"));
        assertThat(said.getString("detail")).isNotEmpty();
    }

    /** The answer has the type, the shape and the headers that the document gives the response, and no others. */
    private static void assertAsIn(@Nullable JsonObject response, Answer answer) {
        assertThat(response).as("the documented form of " + answer).isNotNull();
        String type = answer.headers().get("content-type");
        assertThat(contract.content(response)).as(answer.body()).containsOnlyKeys(type);
        JsonObject schema = contract.content(response).get(type).getJsonObject("schema");
        Object body = type.endsWith("json") ? Json.decodeValue(answer.body()) : answer.body();
        assertThat(contract.violations(schema, body)).isEmpty();
        Set<String> documented = new HashSet<>(FRAMING);
        contract.headers(response).forEach((name, header) -> {
            String value = answer.headers().get(name.toLowerCase(Locale.ROOT));
            assertThat(value != null || !header.getBoolean("required", false))
                    .as(name + " of " + answer)
                    .isTrue();
            if (value != null) {
                assertThat(contract.violations(header.getJsonObject("schema"), value))
                        .isEmpty();
            }
            documented.add(name.toLowerCase(Locale.ROOT));
        });
        assertThat(documented).containsAll(answer.headers().keySet());
    }
}
