package fanfare.deploy.images;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Writes a tar of the POSIX ustar kind, in which everything belongs to root and is of one moment. */
final class TarWriter implements Closeable {
    private static final int BLOCK = 512;
    private static final int NAME_MAX = 100;
    private static final int CHECKSUM_AT = 148;
    private static final char FILE = '0';
    private static final char FOLDER = '5';

    private final OutputStream out;
    private final long seconds;

    TarWriter(OutputStream out, Instant time) {
        this.out = out;
        this.seconds = time.getEpochSecond();
    }

    void folder(String path, int mode) throws IOException {
        out.write(header(path + "/", mode, 0, FOLDER));
    }

    void file(String path, int mode, byte[] content) throws IOException {
        out.write(header(path, mode, content.length, FILE));
        out.write(content);
        pad(content.length);
    }

    void file(String path, int mode, Path content) throws IOException {
        long size = Files.size(content);
        out.write(header(path, mode, size, FILE));
        if (Files.copy(content, out) != size) {
            throw new IOException(content + " changed while it was read");
        }
        pad(size);
    }

    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.close();
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) (-size & (BLOCK - 1))]);
    }

    private byte[] header(String path, int mode, long size, char type) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME_MAX) {
            throw new IOException(path + " is longer than " + NAME_MAX + " bytes");
        }
        byte[] header = new byte[BLOCK];
        System.arraycopy(name, 0, header, 0, name.length);
        octal(header, 100, 8, mode);
        octal(header, 108, 8, 0);
        octal(header, 116, 8, 0);
        octal(header, 124, 12, size);
        octal(header, 136, 12, seconds);
        header[156] = (byte) type;
        put(header, 257, "ustar\00000");
        put(header, CHECKSUM_AT, "        ");
        int sum = 0;
        for (byte value : header) {
            sum += value & 0xff;
        }
        put(header, CHECKSUM_AT, String.format("%06o\0 ", sum));
        return header;
    }

    private static void octal(byte[] header, int at, int width, long value) {
        put(header, at, String.format("%0" + (width - 1) + "o", value));
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
