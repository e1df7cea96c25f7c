package fanfare.publisher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Bodies as {@code Content-Encoding: gzip} has them. */
final class Gzip {
    private static final byte[] HEAD = HexFormat.of().parseHex("1f8b08000000000000ff");

    private Gzip() {}

    static byte[] of(String text) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return packed.toByteArray();
    }

    /** A kilobyte for each mebibyte of zeros, without an end. */
    static byte[] bomb(int mebibytes) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(new byte[1 << 20]);
        byte[] block = new byte[4 << 10];
        // Fully flushed, it refers to nothing before it and may follow itself.
        int length = deflater.deflate(block, 0, block.length, Deflater.FULL_FLUSH);
        deflater.end();
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        bomb.writeBytes(HEAD);
        for (int i = 0; i < mebibytes; i++) {
            bomb.write(block, 0, length);
        }
        return bomb.toByteArray();
    }
}
