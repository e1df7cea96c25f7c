package fanfare.publisher;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import io.vertx.openapi.contract.OpenAPIVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * An API as its OpenAPI 3.1 document has it. References stay within the document. Vert.x's own validator of answers knows
 * neither {@code application/problem+json} nor YAML, so only the schemas are its business here.
 */
final class Contract {
    private static final String BASE = "https://fanfare.invalid/";

    /** One method of one path; {@code parameters} are those of the path too, without references. */
    record Operation(String id, String method, String path, List<JsonObject> parameters, JsonObject node) {
        boolean takesBody() {
            return node.containsKey("requestBody");
        }

        boolean needsKey() {
            return !node.containsKey("security");
        }
    }

    /** One named example, without references. */
    record Example(String name, JsonObject node) {
        Object value() {
            return node.getValue("value");
        }
    }

    private final JsonObject document;

    Contract(String yaml) {
        Map<String, Object> read = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        this.document = new JsonObject(read);
    }

    /** Whether the document is one, by the schema that the OpenAPI Initiative publishes. */
    OutputUnit validity(Vertx vertx) throws Exception {
        return OpenAPIVersion.V3_1
                .getRepository(vertx, BASE)
                .compose(repository -> OpenAPIVersion.V3_1.validateContract(vertx, repository, document))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        children(document, "paths").forEach((path, item) -> {
            List<JsonObject> shared = parameters(item);
            for (String method : item.fieldNames()) {
                if (!method.equals("parameters")) {
                    JsonObject node = item.getJsonObject(method);
                    List<JsonObject> all = Stream.concat(shared.stream(), parameters(node).stream())
                            .toList();
                    operations.add(new Operation(
                            node.getString("operationId"), method.toUpperCase(Locale.ROOT), path, all, node));
                }
            }
        });
        return operations;
    }

    Operation operation(String id) {
        return operations().stream()
                .filter(operation -> operation.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** By status, which may be {@code default}. */
    Map<String, JsonObject> responses(Operation operation) {
        return children(operation.node(), "responses");
    }

    /** Those with a name of their own. */
    Map<String, JsonObject> responses() {
        return children(document.getJsonObject("components"), "responses");
    }

    JsonObject schema(String name) {
        return document.getJsonObject("components").getJsonObject("schemas").getJsonObject(name);
    }

    /** The fields of the objects that a schema describes. */
    Map<String, JsonObject> properties(JsonObject schema) {
        return children(resolved(schema), "properties");
    }

    Map<String, JsonObject> headers(JsonObject response) {
        return children(response, "headers");
    }

    /** By media type, for a response or the body of a request. */
    Map<String, JsonObject> content(JsonObject node) {
        return children(node, "content");
    }

    /** Of all media types. */
    List<Example> examples(JsonObject node) {
        return content(node).values().stream()
                .flatMap(media -> children(media, "examples").entrySet().stream())
                .map(entry -> new Example(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** What a value does not have of what the schema wants, for people; empty if it is as it should be. */
    String violations(JsonObject schema, Object value) {
        JsonObject whole = new JsonObject()
                .put("components", new JsonObject().put("schemas", components("schemas")))
                .put("allOf", new JsonArray().add(schema));
        OutputUnit result = Validator.create(
                        JsonSchema.of(whole),
                        new JsonSchemaOptions()
                                .setBaseUri(BASE)
                                .setDraft(Draft.DRAFT202012)
                                .setOutputFormat(OutputFormat.Basic))
                .validate(value);
        return result.getValid()
                ? ""
                : result.getErrors().stream()
                        .map(error -> error.getInstanceLocation() + ": " + error.getError())
                        .collect(Collectors.joining("; ", value + " violates ", ""));
    }

    private JsonObject components(String kind) {
        return document.getJsonObject("components").getJsonObject(kind);
    }

    private List<JsonObject> parameters(JsonObject node) {
        return node.getJsonArray("parameters", new JsonArray()).stream()
                .map(parameter -> resolved((JsonObject) parameter))
                .toList();
    }

    private Map<String, JsonObject> children(JsonObject node, String name) {
        JsonObject children = node.getJsonObject(name, new JsonObject());
        return children.fieldNames().stream()
                .collect(Collectors.toMap(
                        child -> child,
                        child -> resolved(children.getJsonObject(child)),
                        (one, other) -> one,
                        LinkedHashMap::new));
    }

    private JsonObject resolved(JsonObject node) {
        String reference = node.getString("$ref");
        if (reference == null) {
            return node;
        }
        JsonObject target = document;
        for (String name : reference.substring("#/".length()).split("/", -1)) {
            target = Objects.requireNonNull(target.getJsonObject(name), reference);
        }
        return resolved(target);
    }
}
