package fanfare.deploy.images;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What an image is made of, in CycloneDX: what the build says of the jar, the Java runtime, and this machine's libraries. */
final class BillOfMaterials {
    private final JsonObject bill;

    /** @param ofJar what the build wrote beside the jar */
    BillOfMaterials(Path ofJar) throws IOException {
        if (!Files.exists(ofJar)) {
            throw new IOException(ofJar + " is missing; start without --no-build");
        }
        bill = new JsonObject(Files.readString(ofJar));
    }

    /** Ties it to its image. */
    void image(String name, String digest) {
        bill.getJsonObject("metadata")
                .put(
                        "properties",
                        new JsonArray()
                                .add(property("fanfare:image:name", name))
                                .add(property("fanfare:image:digest", digest)));
    }

    /** @param java the home of the JDK that the runtime was linked from */
    void runtime(Path java, Path library) throws IOException, InterruptedException {
        add(new JsonObject()
                .put("type", "platform")
                .put("name", "Java runtime")
                .put("publisher", System.getProperty("java.vendor"))
                .put("version", System.getProperty("java.runtime.version"))
                .put("hashes", hashes(library))
                .mergeIn(packaged(java.resolve("lib/server/libjvm.so"))));
    }

    void library(Path library) throws IOException, InterruptedException {
        add(new JsonObject()
                .put("type", "library")
                .put("name", String.valueOf(library.getFileName()))
                .put("hashes", hashes(library))
                .mergeIn(packaged(library)));
    }

    void write(Path to) throws IOException {
        Files.writeString(to, bill.encodePrettily() + "\n");
    }

    private void add(JsonObject component) {
        bill.getJsonArray("components").add(component.put("bom-ref", "image:" + component.getString("name")));
    }

    private static JsonArray hashes(Path file) throws IOException {
        return new JsonArray().add(new JsonObject().put("alg", "SHA-256").put("content", Digest.of(file)));
    }

    private static JsonObject property(String name, String value) {
        return new JsonObject().put("name", name).put("value", value);
    }

    /** The version and the package's URL of a file, where this machine's packages are Debian's; else nothing. */
    private static JsonObject packaged(Path file) throws IOException, InterruptedException {
        // Since /lib is a link to /usr/lib, a package may own the file by either path.
        for (Path path : List.of(file, file.toRealPath(), Path.of("/usr" + file))) {
            String owner = dpkg("--search", path.toString());
            if (owner.contains(": ")) {
                List<String> facts = dpkg(
                                "--show",
                                "--showformat=${Package}\\n${Version}\\n${Architecture}\\n",
                                owner.substring(0, owner.indexOf(": ")))
                        .lines()
                        .toList();
                String version = facts.get(1);
                return new JsonObject()
                        .put("version", version)
                        .put(
                                "purl",
                                "pkg:deb/debian/" + encoded(facts.get(0)) + "@" + encoded(version) + "?arch="
                                        + facts.get(2));
            }
        }
        return new JsonObject();
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8);
    }

    /** Empty where there is no dpkg, or it does not know. */
    private static String dpkg(String... question) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("dpkg-query"));
        command.addAll(List.of(question));
        try {
            return Tool.ask(Path.of("/"), command);
        } catch (IOException e) {
            return "";
        }
    }
}
