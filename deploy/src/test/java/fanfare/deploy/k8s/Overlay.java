package fanfare.deploy.k8s;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import fanfare.testing.Program;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** An overlay as {@code kubectl apply -k} would send it: what is no field of Kubernetes' API cannot be read. */
final class Overlay {
    static final Path K8S = Path.of("..", "k8s");
    static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new Strict());

    private final List<HasMetadata> objects;

    private Overlay(List<HasMetadata> objects) {
        this.objects = objects;
    }

    static Overlay render(String name) {
        return parse(kustomize(K8S.resolve("overlays").resolve(name)));
    }

    static Overlay parse(String yaml) {
        List<HasMetadata> objects = new ArrayList<>();
        try {
            for (JsonNode document :
                    YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll()) {
                objects.add((HasMetadata) YAML.treeToValue(document, KubernetesResource.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Overlay(objects);
    }

    List<HasMetadata> all() {
        return objects;
    }

    <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    <T extends HasMetadata> T one(Class<T> kind, String name) {
        return all(kind).stream()
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind.getSimpleName() + " " + name));
    }

    /** The pods of each Deployment and StatefulSet, by its name. */
    Map<String, PodTemplateSpec> pods() {
        Map<String, PodTemplateSpec> pods = new TreeMap<>();
        all(Deployment.class)
                .forEach(set ->
                        pods.put(set.getMetadata().getName(), set.getSpec().getTemplate()));
        all(StatefulSet.class)
                .forEach(set ->
                        pods.put(set.getMetadata().getName(), set.getSpec().getTemplate()));
        return pods;
    }

    /** The container that gives the pod its name. */
    Container container(String pod) {
        return pods().get(pod).getSpec().getContainers().stream()
                .filter(container -> container.getName().equals(pod))
                .findFirst()
                .orElseThrow();
    }

    /** The pods that a selector chooses, by name. */
    List<String> chosen(LabelSelector selector) {
        return pods().entrySet().stream()
                .filter(pod -> chooses(selector, pod.getValue().getMetadata().getLabels()))
                .map(Map.Entry::getKey)
                .toList();
    }

    static boolean chooses(LabelSelector selector, Map<String, String> labels) {
        return labels.entrySet().containsAll(selector.getMatchLabels().entrySet())
                && selector.getMatchExpressions().stream().allMatch(term -> holds(term, labels));
    }

    /** What the process in a container finds in its environment. What only a running pod has is {@code 10.0.0.1}. */
    Map<String, String> environment(String pod) {
        Map<String, String> environment = new TreeMap<>();
        Container container = container(pod);
        container
                .getEnvFrom()
                .forEach(source -> environment.putAll(
                        one(ConfigMap.class, source.getConfigMapRef().getName()).getData()));
        for (EnvVar variable : container.getEnv()) {
            environment.put(
                    variable.getName(),
                    Stream.ofNullable(variable.getValue()).findFirst().orElse("10.0.0.1"));
        }
        return environment;
    }

    private static boolean holds(LabelSelectorRequirement term, Map<String, String> labels) {
        if (!term.getOperator().equals("In")) {
            throw new AssertionError("nothing here knows the operator of " + term);
        }
        return term.getValues().contains(labels.get(term.getKey()));
    }

    private static String kustomize(Path folder) {
        try {
            String program = Program.path("kubectl", "kustomize");
            String call = program.endsWith("kubectl") ? "kustomize" : "build";
            Process process = new ProcessBuilder(program, call, folder.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String yaml = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("kubectl cannot render " + folder);
            }
            return yaml;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Without the places in which the types keep fields that they do not know. */
    private static final class Strict extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasAnySetter(Annotated annotated) {
            return false;
        }
    }

    static JsonNode tree(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
