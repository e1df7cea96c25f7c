package fanfare.deploy.images;

import fanfare.deploy.dev.Dev;
import fanfare.deploy.dev.JvmFlags;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** {@code deploy.jar images}: makes an image of each service out of its jar, this JDK and this machine's libraries. */
public final class Images {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar images [--rehearse]

            Makes deploy/target/images/gateway.tar and publisher-api.tar; ./deploy/images --help says more.""";

    private static final String REHEARSE = "--rehearse";

    /** Numeric, so that Kubernetes can see that it is not root; nobody's in any base image. */
    private static final String USER = "65532:65532";

    private static final String APP = "app";
    private static final String RUNTIME = "runtime";
    private static final int SHARED_FOLDER_MODE = 01777;

    private final Path root;
    private final Path out;
    private final Machine machine;

    /** What the machine's processor is called by OCI, and by Netty. */
    private record Machine(String oci, String netty) {
        static Machine here() throws IOException {
            String os = System.getProperty("os.name");
            String processor = System.getProperty("os.arch");
            if (!os.equals("Linux")) {
                throw new IOException("images are made of a Linux JDK and Linux libraries; this is " + os);
            }
            return switch (processor) {
                case "amd64", "x86_64" -> new Machine("amd64", "x86_64");
                case "aarch64" -> new Machine("arm64", "aarch_64");
                default -> throw new IOException("there are no images for " + processor);
            };
        }
    }

    private Images(Path root, Path out, Machine machine) {
        this.root = root;
        this.out = out;
        this.machine = machine;
    }

    /** Returns when all are made, or with an exit of 1. */
    public static void run(List<String> arguments) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            System.out.println(USAGE);
            return;
        }
        for (String argument : arguments) {
            if (!argument.equals(REHEARSE)) {
                throw new IllegalArgumentException(argument + " is not an option of images");
            }
        }
        Path root = Dev.root();
        try {
            Images images =
                    new Images(root, Files.createDirectories(root.resolve("deploy/target/images")), Machine.here());
            if (arguments.contains(REHEARSE)) {
                images.rehearse();
                return;
            }
            for (Service service : Service.ALL) {
                images.make(service);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What an image is made of, in a folder where it has the names that it has in the image. */
    private record Parts(Build build, Path folder, Path jar, LinkedRuntime runtime) {}

    private Parts parts(Service service) throws IOException, InterruptedException {
        Path jar = root.resolve(service.title() + "/target/" + service.jar());
        if (!Files.exists(jar)) {
            throw new IOException(jar + " is missing; start without --no-build");
        }
        Path folder = Files.createDirectories(out.resolve(service.title()));
        Build build = Build.of(jar);
        Path copy = Files.copy(jar, folder.resolve(service.jar()), StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(copy, FileTime.from(build.time));

        List<String> flags = new ArrayList<>(JvmFlags.inContainer(root, service.title()));
        flags.add("-XX:SharedArchiveFile=/" + APP + "/" + service.title() + ".jsa");
        // Netty would unpack its library into a folder of which it must be allowed to execute files.
        flags.add("-Djava.library.path=/" + APP);
        delete(folder.resolve(RUNTIME));
        return new Parts(build, folder, copy, LinkedRuntime.link(folder.resolve(RUNTIME), flags));
    }

    /** Finds out anew which classes the archives should have, and puts their list among the sources. */
    private void rehearse() throws IOException, InterruptedException {
        List<Rehearsal> rehearsals = new ArrayList<>();
        SortedSet<String> classes = new TreeSet<>();
        for (Service service : Service.ALL) {
            Parts parts = parts(service);
            Rehearsal rehearsal = new Rehearsal(service, parts.runtime, parts.folder);
            rehearsals.add(rehearsal);
            classes.addAll(rehearsal.classes());
        }
        boolean areFit = false;
        while (!areFit) {
            areFit = true;
            for (Rehearsal rehearsal : rehearsals) {
                areFit &= !classes.removeAll(rehearsal.unfit(classes));
            }
        }
        System.out.println(
                root.relativize(ClassList.keep(root, classes)) + " is new: look at it, and make the images again");
    }

    private void make(Service service) throws IOException, InterruptedException {
        Parts parts = parts(service);
        Build build = parts.build;
        Path work = parts.folder;
        Path copy = parts.jar;
        LinkedRuntime runtime = parts.runtime;
        String epollName = "libnetty_transport_native_epoll_" + machine.netty + ".so";
        Path epoll = Files.write(work.resolve(epollName), entry(copy, "META-INF/native/" + epollName));
        SortedSet<Path> libraries = runtime.libraries(epoll);
        Path archive = ClassArchive.of(service, runtime, work);

        Layer below = new Layer()
                .tree(RUNTIME, runtime.folder())
                .folder("tmp", SHARED_FOLDER_MODE)
                // Without it, some C libraries ask for every name in the network before they look into /etc/hosts.
                .file("etc/nsswitch.conf", "hosts: files dns\n".getBytes(StandardCharsets.US_ASCII));
        libraries.forEach(library -> below.file(library.toString().substring(1), library));
        Layer product = new Layer().file(APP + "/" + service.jar(), copy).file(APP + "/" + epollName, epoll);
        Layer classes = new Layer().file(APP + "/" + service.title() + ".jsa", archive);
        List<Layer.Blob> layers = List.of(
                below.write(work.resolve("1.tar.gz"), build.time),
                product.write(work.resolve("2.tar.gz"), build.time),
                classes.write(work.resolve("3.tar.gz"), build.time));

        String name = "fanfare/" + service.title() + ":" + build.version;
        Path tar = out.resolve(service.title() + ".tar");
        String digest = new ImageArchive(name, settings(service, build), layers, machine.oci, build.time).write(tar);
        BillOfMaterials bill = new BillOfMaterials(root.resolve(service.title() + "/target/bom.json"));
        bill.image(name, digest);
        bill.runtime(Path.of(System.getProperty("java.home")), runtime.folder().resolve("lib/server/libjvm.so"));
        for (Path library : libraries) {
            bill.library(library);
        }
        bill.write(out.resolve(service.title() + ".cdx.json"));
        System.out.printf(Locale.ROOT, "%s %s %.1f MB %s%n", name, digest, Files.size(tar) / 1e6, root.relativize(tar));
    }

    private static JsonObject settings(Service service, Build build) {
        JsonObject ports = new JsonObject();
        service.ports().forEach(port -> ports.put(port + "/tcp", new JsonObject()));
        return new JsonObject()
                .put("User", USER)
                .put("ExposedPorts", ports)
                .put("Env", new JsonArray().add("LANG=C.UTF-8"))
                // The jar by its name alone, from its folder: as the archive of its classes knows it.
                .put("Entrypoint", new JsonArray(List.of("/" + RUNTIME + "/bin/java", "-jar", service.jar())))
                .put("WorkingDir", "/" + APP)
                .put(
                        "Labels",
                        new JsonObject()
                                .put("org.opencontainers.image.title", "fanfare/" + service.title())
                                .put("org.opencontainers.image.description", service.description())
                                .put("org.opencontainers.image.version", build.version)
                                .put("org.opencontainers.image.licenses", "Apache-2.0"))
                .put("StopSignal", "SIGTERM");
    }

    private static byte[] entry(Path jar, String name) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            var found = file.getJarEntry(name);
            if (found == null) {
                throw new IOException(name + " is not in " + jar);
            }
            try (InputStream in = file.getInputStream(found)) {
                return in.readAllBytes();
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** What a jar says of its build. Every file of an image has its time: images of the same build are the same. */
    private record Build(String version, Instant time) {
        static Build of(Path jar) throws IOException {
            try (JarFile file = new JarFile(jar.toFile())) {
                Manifest manifest = file.getManifest();
                return new Build(
                        manifest.getMainAttributes().getValue("Implementation-Version"),
                        Instant.parse(manifest.getMainAttributes().getValue("Build-Time")));
            }
        }
    }
}
