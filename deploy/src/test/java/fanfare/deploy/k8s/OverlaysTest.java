package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.deploy.ContainerMemory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressServiceBackend;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each overlay fits together, fits the code, and keeps to what {@code k8s/README.md} says of it. */
@ParameterizedClass
@ValueSource(strings = {"dev", "production"})
class OverlaysTest {
    /** After its drain window a gateway ends itself within so long, see {@code Gateway.stop}. */
    private static final int ENDS_ITSELF_SECONDS = 20;
    /** A publisher's last answers and what it had accepted, by its README. */
    private static final int PUBLISHER_ENDS_SECONDS = 12;

    private static final int HEARTBEAT_SECONDS = 25;
    private static final Map<String, String> MODULES = Map.of("gateway", "gateway", "publisher-api", "publisher-api");
    private static final Map<String, Overlay> RENDERED = new HashMap<>();

    @Parameter
    String name;

    private Overlay overlay() {
        return RENDERED.computeIfAbsent(name, Overlay::render);
    }

    @Test
    void everythingHasANameOfItsOwnInOneNamespace() {
        String namespace = overlay().all(Namespace.class).get(0).getMetadata().getName();
        assertThat(overlay().all())
                .extracting(
                        object -> object.getKind() + " " + object.getMetadata().getName())
                .doesNotHaveDuplicates()
                .contains("Deployment gateway", "Deployment publisher-api", "Service gateway", "Service publisher-api");
        assertThat(overlay().all())
                .filteredOn(object -> !(object instanceof Namespace))
                .extracting(object -> object.getMetadata().getNamespace())
                .containsOnly(namespace);
    }

    @Test
    void theNamespaceTakesRestrictedPodsOnly() {
        assertThat(overlay().all(Namespace.class).get(0).getMetadata().getLabels())
                .containsEntry("pod-security.kubernetes.io/enforce", "restricted");
    }

    @Test
    void podsHaveNoRightsThatTheyDoNotNeed() {
        overlay().pods().forEach((name, pod) -> {
            PodSpec spec = pod.getSpec();
            assertThat(spec.getAutomountServiceAccountToken()).as(name).isFalse();
            assertThat(spec.getEnableServiceLinks()).as(name).isFalse();
            ServiceAccount account = overlay().one(ServiceAccount.class, spec.getServiceAccountName());
            assertThat(account.getMetadata().getName()).isEqualTo(name);
            assertThat(account.getAutomountServiceAccountToken()).as(name).isFalse();
            assertThat(spec.getSecurityContext().getRunAsNonRoot()).as(name).isTrue();
            assertThat(spec.getSecurityContext().getRunAsUser()).as(name).isPositive();
            assertThat(spec.getSecurityContext().getSeccompProfile().getType())
                    .as(name)
                    .isEqualTo("RuntimeDefault");
            Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream())
                    .map(Container::getSecurityContext)
                    .forEach(context -> {
                        assertThat(context.getAllowPrivilegeEscalation())
                                .as(name)
                                .isFalse();
                        assertThat(context.getReadOnlyRootFilesystem()).as(name).isTrue();
                        assertThat(context.getCapabilities().getDrop()).as(name).containsExactly("ALL");
                        assertThat(context.getCapabilities().getAdd()).as(name).isEmpty();
                    });
        });
    }

    @Test
    void containersHaveAVersionAndAMemoryLimit() {
        overlay().pods().forEach((name, pod) -> Stream.concat(
                        pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream())
                .forEach(container -> {
                    assertThat(container.getImage()).matches(".+:[0-9][^:/]*");
                    assertThat(container.getResources().getLimits()).containsKey("memory");
                    assertThat(container.getResources().getRequests()).containsKeys("memory", "cpu");
                }));
    }

    @Test
    void memoryIsEnoughForTheHeapAndAllBuffers() throws IOException {
        for (String pod : MODULES.keySet()) {
            assertThat(overlay()
                            .container(pod)
                            .getResources()
                            .getLimits()
                            .get("memory")
                            .getNumericalAmount())
                    .as(pod)
                    .isGreaterThanOrEqualTo(BigDecimal.valueOf(ContainerMemory.least(pod)));
        }
    }

    @Test
    void everySelectorFindsPods() {
        Map<String, LabelSelector> selectors = new HashMap<>();
        overlay()
                .all(Service.class)
                .forEach(service -> selectors.put(
                        described(service),
                        new LabelSelectorBuilder()
                                .withMatchLabels(service.getSpec().getSelector())
                                .build()));
        overlay()
                .all(PodDisruptionBudget.class)
                .forEach(budget ->
                        selectors.put(described(budget), budget.getSpec().getSelector()));
        overlay()
                .all(Deployment.class)
                .forEach(deployment -> selectors.put(
                        described(deployment), deployment.getSpec().getSelector()));
        overlay().all(NetworkPolicy.class).forEach(policy -> {
            selectors.put(described(policy), policy.getSpec().getPodSelector());
            peers(policy)
                    .filter(peer -> peer.getPodSelector() != null && peer.getNamespaceSelector() == null)
                    .forEach(peer -> selectors.put(described(policy) + " " + peer, peer.getPodSelector()));
        });
        selectors.forEach((where, selector) ->
                assertThat(overlay().chosen(selector)).as(where).isNotEmpty());
        overlay().pods().forEach((name, pod) -> pod.getSpec()
                .getTopologySpreadConstraints()
                .forEach(spread ->
                        assertThat(overlay().chosen(spread.getLabelSelector())).containsExactly(name)));
    }

    @Test
    void everyPodIsSpreadAndSparedExceptATrialsRedis() {
        for (String pod : MODULES.keySet()) {
            assertThat(overlay().pods().get(pod).getSpec().getTopologySpreadConstraints())
                    .extracting(spread -> spread.getTopologyKey())
                    .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
            PodDisruptionBudget budget = overlay().one(PodDisruptionBudget.class, pod);
            assertThat(budget.getSpec().getMinAvailable()).isNull();
            assertThat(budget.getSpec().getMaxUnavailable()).isNotNull();
            Deployment deployment = overlay().one(Deployment.class, pod);
            assertThat(deployment.getSpec().getStrategy().getRollingUpdate().getMaxUnavailable())
                    .isEqualTo(new IntOrString(0));
        }
    }

    @Test
    void portsAreThoseOfTheCode() throws IOException {
        for (Map.Entry<String, String> module : MODULES.entrySet()) {
            String readme = readme(module.getValue());
            Map<String, Integer> ports = overlay().container(module.getKey()).getPorts().stream()
                    .collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort));
            assertThat(ports.get("http")).isEqualTo(number(readme, "FANFARE_LISTEN_PORT"));
            assertThat(ports.get("management")).isEqualTo(number(readme, "FANFARE_MANAGEMENT_PORT"));
            assertThat(overlay().environment(module.getKey()))
                    .doesNotContainKeys("FANFARE_LISTEN_PORT", "FANFARE_MANAGEMENT_PORT", "FANFARE_RELAY_PORT");
        }
        assertThat(overlay().container("gateway").getPorts())
                .filteredOn(port -> port.getName().equals("relay"))
                .extracting(ContainerPort::getContainerPort)
                .containsExactly(number(readme("gateway"), "FANFARE_RELAY_PORT"));
    }

    @Test
    void whoeverNamesAPortFindsIt() {
        for (Service service : overlay().all(Service.class)) {
            for (ServicePort port : service.getSpec().getPorts()) {
                String pod = overlay()
                        .chosen(new LabelSelectorBuilder()
                                .withMatchLabels(service.getSpec().getSelector())
                                .build())
                        .get(0);
                assertThat(portNames(overlay().pods().get(pod)))
                        .contains(port.getTargetPort().getStrVal());
            }
            assertThat(service.getSpec().getSessionAffinity()).isNull();
        }
        for (NetworkPolicy policy : overlay().all(NetworkPolicy.class)) {
            assertThat(policy.getSpec().getIngress().stream()
                            .flatMap(rule -> rule.getPorts().stream())
                            .map(NetworkPolicyPort::getPort)
                            .map(IntOrString::getStrVal)
                            .filter(Objects::nonNull))
                    .as(described(policy))
                    .isSubsetOf(overlay().chosen(policy.getSpec().getPodSelector()).stream()
                            .flatMap(pod -> portNames(overlay().pods().get(pod)).stream())
                            .toList());
        }
        for (Ingress ingress : overlay().all(Ingress.class)) {
            ingress.getSpec().getRules().stream()
                    .flatMap(rule -> rule.getHttp().getPaths().stream())
                    .forEach(path -> {
                        IngressServiceBackend backend = path.getBackend().getService();
                        assertThat(overlay()
                                        .one(Service.class, backend.getName())
                                        .getSpec()
                                        .getPorts())
                                .extracting(ServicePort::getName)
                                .contains(backend.getPort().getName())
                                .doesNotContain("management", "relay");
                    });
        }
    }

    @Test
    void probesAskTheManagementPort() {
        for (String pod : MODULES.keySet()) {
            Container container = overlay().container(pod);
            asks(container.getStartupProbe(), "/livez");
            asks(container.getLivenessProbe(), "/livez");
            asks(container.getReadinessProbe(), "/readyz");
            // A restart disconnects everybody: readiness gives up long before liveness does.
            assertThat(seconds(container.getLivenessProbe())).isGreaterThanOrEqualTo(60);
            assertThat(seconds(container.getReadinessProbe())).isLessThanOrEqualTo(10);
        }
    }

    @Test
    void aPodHasTimeToDrain() {
        PodSpec gateway = overlay().pods().get("gateway").getSpec();
        String window = overlay().environment("gateway").get("FANFARE_DRAIN_WINDOW");
        long seconds = Duration.parse("PT" + window).toSeconds();
        assertThat(gateway.getTerminationGracePeriodSeconds())
                .isGreaterThan(preStop("gateway") + seconds + ENDS_ITSELF_SECONDS);
        assertThat(overlay().pods().get("publisher-api").getSpec().getTerminationGracePeriodSeconds())
                .isGreaterThan(preStop("publisher-api") + PUBLISHER_ENDS_SECONDS);
    }

    @Test
    void nothingSpeaksToAnythingUnlessAPolicySaysSo() {
        NetworkPolicy deny = overlay().one(NetworkPolicy.class, "default-deny");
        assertThat(overlay().chosen(deny.getSpec().getPodSelector()))
                .containsExactlyElementsOf(overlay().pods().keySet());
        assertThat(deny.getSpec().getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(deny.getSpec().getIngress()).isEmpty();
        assertThat(deny.getSpec().getEgress()).isEmpty();
        assertThat(whoReaches("gateway", "relay"))
                .allSatisfy(peer -> assertThat(chosenHere(peer)).containsExactly("gateway"));
        for (String pod : MODULES.keySet()) {
            assertThat(whoReaches(pod, "management")).hasSize(1).allSatisfy(peer -> assertThat(
                            peer.getNamespaceSelector().getMatchLabels())
                    .containsValue("monitoring"));
        }
        if (overlay().pods().containsKey("redis")) {
            assertThat(whoReaches("redis", "redis")).hasSize(1).allSatisfy(peer -> assertThat(chosenHere(peer))
                    .containsExactlyInAnyOrder("gateway", "publisher-api"));
        }
    }

    @Test
    void everyPodMayAskForNamesAndAsksNobodyElse() {
        NetworkPolicy dns = overlay().one(NetworkPolicy.class, "dns");
        assertThat(overlay().chosen(dns.getSpec().getPodSelector()))
                .containsExactlyElementsOf(overlay().pods().keySet());
        assertThat(dns.getSpec().getEgress()).hasSize(1).allSatisfy(rule -> {
            assertThat(rule.getPorts())
                    .extracting(
                            port -> port.getProtocol() + " " + port.getPort().getIntVal())
                    .containsExactlyInAnyOrder("UDP 53", "TCP 53");
            assertThat(rule.getTo()).hasSize(2);
            assertThat(rule.getTo().get(0).getPodSelector().getMatchLabels()).containsEntry("k8s-app", "kube-dns");
            // Of NodeLocal DNSCache, the same in every cluster.
            assertThat(rule.getTo().get(1).getIpBlock().getCidr()).isEqualTo("169.254.20.10/32");
        });
    }

    @Test
    void whateverRedisTheSettingsOfferMayBeReached() throws IOException {
        if (name.equals("production")) {
            List<Integer> offered = Pattern.compile("redis.*example\\.com:\\d+.*")
                    .matcher(Files.readString(Overlay.K8S.resolve("overlays/production/gateway.env")))
                    .results()
                    .flatMap(url ->
                            Pattern.compile(":(\\d+)").matcher(url.group()).results())
                    .map(port -> Integer.valueOf(port.group(1)))
                    .distinct()
                    .toList();
            assertThat(offered).hasSizeGreaterThan(1);
            assertThat(overlay()
                            .one(NetworkPolicy.class, "redis-clients")
                            .getSpec()
                            .getEgress())
                    .singleElement()
                    .satisfies(rule -> assertThat(rule.getPorts())
                            .extracting(port -> port.getPort().getIntVal())
                            .containsExactlyInAnyOrderElementsOf(offered));
        }
    }

    @Test
    void whatTheReadmeAddsForAnIngressOnTheNodesNetworkOpensThePublicPortAlone() throws IOException {
        Matcher block = Pattern.compile("(?s)```yaml\n(.*?kind: NetworkPolicy.*?)```")
                .matcher(Files.readString(Overlay.K8S.resolve("README.md")));
        assertThat(block.find()).isTrue();
        NetworkPolicy policy =
                (NetworkPolicy) Overlay.parse(block.group(1)).all().get(0);
        assertThat(overlay().chosen(policy.getSpec().getPodSelector())).containsExactly("gateway");
        assertThat(policy.getSpec().getIngress()).hasSize(1).allSatisfy(rule -> {
            assertThat(rule.getPorts())
                    .extracting(port -> port.getPort().getStrVal())
                    .containsExactly("http");
            assertThat(rule.getFrom()).hasSize(1).allMatch(peer -> peer.getIpBlock() != null);
        });
    }

    @Test
    void anAlertLeadsToTheOperatorsCopyOfTheRunbook() {
        List<PrometheusRule> all = overlay().all(PrometheusRule.class);
        assertThat(all).hasSize(name.equals("production") ? 1 : 0);
        for (PrometheusRule rules : all) {
            String pages = rules.getMetadata().getAnnotations().get("fanfare/pages");
            assertThat(rules.getSpec().getGroups().stream()
                            .flatMap(group -> group.getRules().stream())
                            .filter(rule -> rule.getAlert() != null))
                    .isNotEmpty()
                    .allSatisfy(rule -> assertThat(rule.getAnnotations().get("runbook_url"))
                            .isEqualTo(pages + "/deploy/observability/ALERTS.md#"
                                    + rule.getAlert().toLowerCase(Locale.ROOT)));
        }
    }

    @Test
    void secretsAreFilesWithTheNamesThatTheProcessesRead() {
        for (String pod : MODULES.keySet()) {
            Map<String, String> environment = overlay().environment(pod);
            List<Path> files = secretFiles(pod);
            List<Path> read = environment.entrySet().stream()
                    .filter(setting -> setting.getKey().endsWith("_FILE"))
                    .map(setting -> Path.of(setting.getValue()))
                    .toList();
            assertThat(read).as(pod).containsExactlyInAnyOrderElementsOf(files).isNotEmpty();
            assertThat(environment.values()).noneMatch(value -> value.matches(".*://[^/@]*:[^/@]*@.*"));
            assertThat(overlay().container(pod).getEnv())
                    .allMatch(variable -> variable.getValueFrom() == null
                            || variable.getValueFrom().getSecretKeyRef() == null);
        }
    }

    @Test
    void productionsSecretsAreMadeByHandAndTheReadmeSaysHow() throws IOException {
        List<String> wanted = Stream.concat(
                        overlay().pods().values().stream()
                                .flatMap(pod -> pod.getSpec().getVolumes().stream())
                                .map(Volume::getSecret)
                                .filter(Objects::nonNull)
                                .map(secret -> secret.getSecretName()),
                        overlay().all(Ingress.class).stream()
                                .flatMap(ingress -> ingress.getSpec().getTls().stream())
                                .map(tls -> tls.getSecretName()))
                .distinct()
                .toList();
        List<String> there = overlay().all(Secret.class).stream()
                .map(secret -> secret.getMetadata().getName())
                .toList();
        if (name.equals("dev")) {
            assertThat(there).containsExactlyInAnyOrderElementsOf(wanted);
            assertThat(there).allMatch(secret -> secret.matches(".*-[a-z0-9]{10}"));
        } else {
            assertThat(there).isEmpty();
            String readme = Files.readString(Overlay.K8S.resolve("README.md"));
            assertThat(wanted).allSatisfy(secret -> assertThat(readme)
                    .containsPattern("kubectl -n fanfare create secret (generic|tls) " + secret + " "));
        }
    }

    @Test
    void settingsChangeTheNameOfTheirConfigMapSoThatPodsRollOver() {
        for (String pod : MODULES.keySet()) {
            String settings = overlay()
                    .container(pod)
                    .getEnvFrom()
                    .get(0)
                    .getConfigMapRef()
                    .getName();
            assertThat(settings).matches(pod + "-settings-[a-z0-9]{10}");
            assertThat(overlay().one(ConfigMap.class, settings).getData()).isNotEmpty();
        }
    }

    @Test
    void whoeverReplacesNamesInTheOverlayHasReplacedThemInTheSettings() throws IOException {
        for (String pod : MODULES.keySet()) {
            List<String> own = Files.readAllLines(
                    Overlay.K8S.resolve("overlays").resolve(name).resolve(pod + ".env"));
            overlay().environment(pod).forEach((setting, value) -> {
                if (value.contains("example.com")) {
                    assertThat(own).contains(setting + "=" + value);
                }
            });
        }
    }

    @Test
    void theNumberOfPodsIsTheAutoscalersWhereThereIsOne() throws IOException {
        for (HorizontalPodAutoscaler scaler : overlay().all(HorizontalPodAutoscaler.class)) {
            Deployment deployment = overlay()
                    .one(Deployment.class, scaler.getSpec().getScaleTargetRef().getName());
            assertThat(deployment.getSpec().getReplicas()).isNull();
            assertThat(scaler.getSpec().getMinReplicas()).isGreaterThan(1);
            assertThat(scaler.getSpec().getBehavior().getScaleDown().getStabilizationWindowSeconds())
                    .isGreaterThanOrEqualTo(600);
            assertThat(scaler.getSpec().getMetrics()).anyMatch(metric -> metric.getResource() != null);
        }
        if (name.equals("production")) {
            var metric = overlay().one(HorizontalPodAutoscaler.class, "gateway").getSpec().getMetrics().stream()
                    .filter(candidate -> candidate.getPods() != null)
                    .findFirst()
                    .orElseThrow()
                    .getPods();
            String adapter =
                    Files.readString(Overlay.K8S.resolve("components/monitoring/prometheus-adapter-values.yaml"));
            assertThat(Overlay.tree(adapter).at("/rules/custom/0/name/as").textValue())
                    .isEqualTo(metric.getMetric().getName());
            assertThat(Files.readString(Path.of("METRICS.md")))
                    .contains("| `" + metric.getMetric().getName() + "` | gauge |");
            assertThat(metric.getTarget().getAverageValue().getNumericalAmount().intValueExact())
                    .isLessThan(
                            Integer.parseInt(overlay().environment("gateway").get("FANFARE_CONNECTIONS_MAX")));
        }
    }

    @Test
    void prometheusFindsEveryManagementPort() {
        List<ServiceMonitor> monitors = overlay().all(ServiceMonitor.class);
        assertThat(Stream.concat(monitors.stream(), overlay().all(PrometheusRule.class).stream()))
                .as("what kube-prometheus-stack looks at")
                .allSatisfy(
                        object -> assertThat(object.getMetadata().getLabels()).containsKey("release"));
        for (ServiceMonitor monitor : monitors) {
            List<Service> services = overlay().all(Service.class).stream()
                    .filter(service -> Overlay.chooses(
                            monitor.getSpec().getSelector(),
                            service.getMetadata().getLabels()))
                    .toList();
            assertThat(services).as(described(monitor)).hasSize(1);
            assertThat(services.get(0).getSpec().getPorts())
                    .extracting(ServicePort::getName)
                    .containsExactly(monitor.getSpec().getEndpoints().get(0).getPort());
        }
        assertThat(monitors).hasSize(name.equals("production") ? MODULES.size() : 0);
    }

    @Test
    void theBalancerWaitsForLongerThanAConnectionIsSilent() {
        for (Ingress ingress : overlay().all(Ingress.class)) {
            Map<String, String> annotations = ingress.getMetadata().getAnnotations();
            for (String timeout : List.of("proxy-read-timeout", "proxy-send-timeout")) {
                assertThat(Integer.parseInt(annotations.get("nginx.ingress.kubernetes.io/" + timeout)))
                        .isGreaterThan(2 * HEARTBEAT_SECONDS);
            }
            assertThat(annotations.keySet()).noneMatch(annotation -> annotation.contains("affinity"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"spec: {replica: 1}", "spec: {template: {spec: {hostnam: a}}}", "speck: {}"})
    void whatIsNoFieldIsNotRead(String mistake) {
        assertThatThrownBy(() -> Overlay.parse("apiVersion: apps/v1\nkind: Deployment\n" + mistake))
                .hasMessageContaining("Unrecognized field");
    }

    private static String described(HasMetadata object) {
        return object.getKind() + " " + object.getMetadata().getName();
    }

    private static List<String> portNames(PodTemplateSpec pod) {
        return pod.getSpec().getContainers().stream()
                .flatMap(container -> container.getPorts().stream())
                .map(ContainerPort::getName)
                .toList();
    }

    private static Stream<NetworkPolicyPeer> peers(NetworkPolicy policy) {
        return Stream.concat(
                policy.getSpec().getIngress().stream().flatMap(rule -> rule.getFrom().stream()),
                policy.getSpec().getEgress().stream().flatMap(rule -> rule.getTo().stream()));
    }

    /** Everybody whom some policy lets speak to a port of a pod. */
    private List<NetworkPolicyPeer> whoReaches(String pod, String port) {
        return overlay().all(NetworkPolicy.class).stream()
                .filter(policy ->
                        overlay().chosen(policy.getSpec().getPodSelector()).contains(pod))
                .flatMap(policy -> policy.getSpec().getIngress().stream())
                .filter(rule -> rule.getPorts().isEmpty()
                        || rule.getPorts().stream()
                                .anyMatch(open -> port.equals(open.getPort().getStrVal())))
                .flatMap(rule -> {
                    assertThat(rule.getFrom()).isNotEmpty();
                    return rule.getFrom().stream();
                })
                .toList();
    }

    private List<String> chosenHere(NetworkPolicyPeer peer) {
        assertThat(peer.getNamespaceSelector()).isNull();
        return overlay().chosen(peer.getPodSelector());
    }

    private List<Path> secretFiles(String pod) {
        Map<String, VolumeMount> mounts = overlay().container(pod).getVolumeMounts().stream()
                .collect(Collectors.toMap(VolumeMount::getName, Function.identity()));
        return overlay().pods().get(pod).getSpec().getVolumes().stream()
                .filter(volume -> volume.getSecret() != null)
                .flatMap(volume -> volume.getSecret().getItems().stream()
                        .map(item -> Path.of(mounts.get(volume.getName()).getMountPath(), item.getPath())))
                .toList();
    }

    private static void asks(Probe probe, String path) {
        assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
        assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("management");
    }

    private static int seconds(Probe probe) {
        return probe.getPeriodSeconds() * probe.getFailureThreshold();
    }

    private long preStop(String pod) {
        return overlay().container(pod).getLifecycle().getPreStop().getSleep().getSeconds();
    }

    private static String readme(String module) throws IOException {
        return Files.readString(Path.of("..", module, "README.md"));
    }

    /** The default of a setting, by its README, which another test compares with the code. */
    private static int number(String readme, String setting) {
        Matcher row =
                Pattern.compile("\\| `" + setting + "` \\| `?(\\d+)`? \\|").matcher(readme);
        assertThat(row.find()).as(setting).isTrue();
        return Integer.parseInt(row.group(1));
    }
}
