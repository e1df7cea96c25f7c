package fanfare.deploy.images;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Files that an image has, by their paths in it. The same files make the same bytes, in whatever order they were added. */
final class Layer {
    private static final int FOLDER_MODE = 0755;
    private static final int FILE_MODE = 0644;
    private static final int PROGRAM_MODE = 0755;

    private interface Entry {
        void write(TarWriter tar, String path) throws IOException;
    }

    /** Paths without the slash that they would begin with. */
    private final SortedMap<String, Entry> entries = new TreeMap<>();

    /**
     * A layer as it lies in an archive.
     *
     * @param digest of the compressed file
     * @param contentDigest of what is compressed in it
     */
    record Blob(Path file, String digest, String contentDigest) {}

    Layer file(String path, byte[] content) {
        return add(path, (tar, name) -> tar.file(name, FILE_MODE, content));
    }

    /** A copy of a file of this machine; a link is followed. */
    Layer file(String path, Path content) {
        int mode = Files.isExecutable(content) ? PROGRAM_MODE : FILE_MODE;
        return add(path, (tar, name) -> tar.file(name, mode, content));
    }

    Layer folder(String path, int mode) {
        return add(path, (tar, name) -> tar.folder(name, mode));
    }

    /** A copy of all that is in a folder of this machine. */
    Layer tree(String path, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found = files.filter(Files::isRegularFile).toList();
            for (Path file : found) {
                file(path + "/" + folder.relativize(file), file);
            }
        }
        return this;
    }

    Blob write(Path file, Instant time) throws IOException {
        MessageDigest compressed = Digest.begin();
        MessageDigest content = Digest.begin();
        OutputStream out = new DigestOutputStream(Files.newOutputStream(file), compressed);
        try (TarWriter tar = new TarWriter(new DigestOutputStream(new GZIPOutputStream(out, 1 << 16), content), time)) {
            for (var entry : entries.entrySet()) {
                entry.getValue().write(tar, entry.getKey());
            }
        }
        return new Blob(file, Digest.end(compressed), Digest.end(content));
    }

    private Layer add(String path, Entry entry) {
        entries.put(path, entry);
        for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
            entries.putIfAbsent(path.substring(0, slash), (tar, name) -> tar.folder(name, FOLDER_MODE));
        }
        return this;
    }
}
