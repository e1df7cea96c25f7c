package fanfare.deploy.images;

import java.util.List;
import java.util.Map;

/**
 * What there is an image of.
 *
 * @param title of the module, its jar and the image
 * @param ports those of the defaults, the public one first, the management port second
 * @param rehearsal settings with which it starts alone on this machine, ports aside
 */
record Service(String title, String description, List<Integer> ports, Map<String, String> rehearsal) {
    static final Service GATEWAY = new Service(
            "gateway",
            "Holds the browsers' connections and hands them what arrives on their channels",
            List.of(8080, 9080, 7080),
            Map.of("FANFARE_SITE_AUTH_URL", "http://127.0.0.1:9/", "FANFARE_DRAIN_WINDOW", "0s"));
    static final Service PUBLISHER_API = new Service(
            "publisher-api",
            "Takes publications from site backends over HTTP",
            List.of(8090, 9090),
            Map.of("FANFARE_DEV_KEY", "rehearsal.rehearsal"));
    static final List<Service> ALL = List.of(GATEWAY, PUBLISHER_API);

    String jar() {
        return title + ".jar";
    }
}
