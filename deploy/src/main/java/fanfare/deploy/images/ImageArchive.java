package fanfare.deploy.images;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * An image as one tar: an OCI image layout, with the one file besides by which older engines than the layout find their way.
 *
 * @param name {@code repository/name:tag}
 * @param settings the {@code config} of the image's configuration
 * @param architecture as OCI calls it
 */
record ImageArchive(String name, JsonObject settings, List<Layer.Blob> layers, String architecture, Instant time) {
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static final int MODE = 0644;

    /** Writes it, and gives the digest by which a registry knows the image. */
    String write(Path to) throws IOException {
        byte[] config = bytes(config());
        JsonArray layerList = new JsonArray();
        JsonArray paths = new JsonArray();
        for (Layer.Blob layer : layers) {
            layerList.add(descriptor(LAYER, layer.digest(), Files.size(layer.file())));
            paths.add(path(layer.digest()));
        }
        byte[] manifest = bytes(new JsonObject()
                .put("schemaVersion", 2)
                .put("mediaType", MANIFEST)
                .put("config", descriptor(CONFIG, Digest.of(config), config.length))
                .put("layers", layerList));
        JsonObject index = new JsonObject()
                .put("schemaVersion", 2)
                .put(
                        "manifests",
                        new JsonArray()
                                .add(descriptor(MANIFEST, Digest.of(manifest), manifest.length)
                                        .put(
                                                "annotations",
                                                new JsonObject()
                                                        .put("io.containerd.image.name", "docker.io/" + name)
                                                        .put("org.opencontainers.image.ref.name", name))));
        JsonArray older = new JsonArray()
                .add(new JsonObject()
                        .put("Config", path(Digest.of(config)))
                        .put("RepoTags", new JsonArray().add(name))
                        .put("Layers", paths));
        try (TarWriter tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(to), 1 << 16), time)) {
            tar.folder("blobs", 0755);
            tar.folder("blobs/sha256", 0755);
            tar.file(path(Digest.of(config)), MODE, config);
            tar.file(path(Digest.of(manifest)), MODE, manifest);
            for (Layer.Blob layer : layers) {
                tar.file(path(layer.digest()), MODE, layer.file());
            }
            tar.file("index.json", MODE, bytes(index));
            tar.file("manifest.json", MODE, older.encode().getBytes(StandardCharsets.UTF_8));
            tar.file("oci-layout", MODE, bytes(new JsonObject().put("imageLayoutVersion", "1.0.0")));
        }
        return "sha256:" + Digest.of(manifest);
    }

    private JsonObject config() {
        JsonArray contents = new JsonArray();
        layers.forEach(layer -> contents.add("sha256:" + layer.contentDigest()));
        return new JsonObject()
                .put("created", time.toString())
                .put("architecture", architecture)
                .put("os", "linux")
                .put("config", settings)
                .put("rootfs", new JsonObject().put("type", "layers").put("diff_ids", contents));
    }

    private static JsonObject descriptor(String type, String digest, long size) {
        return new JsonObject()
                .put("mediaType", type)
                .put("digest", "sha256:" + digest)
                .put("size", size);
    }

    private static String path(String digest) {
        return "blobs/sha256/" + digest;
    }

    private static byte[] bytes(JsonObject json) {
        return json.encode().getBytes(StandardCharsets.UTF_8);
    }
}
