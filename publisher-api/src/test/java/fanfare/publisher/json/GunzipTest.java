package fanfare.publisher.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class GunzipTest {
    private static final int MAX = 200_000;
    private static final String TEXT = "{\"to\":{\"user\":\"42\"},\"data\":\"Grüße\"}";
    /** Of {@code TEXT} by {@code gzip -n}'s own format: ten bytes of head without flags. */
    private static final int HEAD_BYTES = 10;

    private final byte[] packed = gzip(TEXT.getBytes(StandardCharsets.UTF_8));

    @Test
    void givesWhatWasPacked() {
        assertThat(unpacked(packed)).isEqualTo(TEXT);
        assertThat(unpacked(gzip(new byte[0]))).isEmpty();
        byte[] noise = new byte[MAX];
        new Random(42).nextBytes(noise);
        assertThat(Gunzip.unpacked(Buffer.buffer(gzip(noise)), MAX).getBytes()).isEqualTo(noise);
    }

    @Test
    void skipsWhatAHeadMayHave() {
        byte[] head = HexFormat.of().parseHex("1f8b08" + "1e" + "000000000003" + "0300" + "616263");
        byte[] names = "name\0a comment\0".getBytes(StandardCharsets.US_ASCII);
        Buffer full = Buffer.buffer(head)
                .appendBytes(names)
                .appendBytes(new byte[2])
                .appendBytes(packed, HEAD_BYTES, packed.length - HEAD_BYTES);
        assertThat(unpacked(full.getBytes())).isEqualTo(TEXT);
    }

    @Test
    void itsLimitIsThatOfWhatComesOut() {
        assertThat(Gunzip.unpacked(Buffer.buffer(gzip(new byte[MAX])), MAX).length())
                .isEqualTo(MAX);
        assertThatThrownBy(() -> Gunzip.unpacked(Buffer.buffer(gzip(new byte[MAX + 1])), MAX))
                .isInstanceOf(ProblemException.class)
                .extracting(refusal -> ((ProblemException) refusal).problem())
                .isEqualTo(Problem.TOO_LARGE);
    }

    @Test
    void whatBreaksOffIsRefusedWhereverItDoes() {
        for (int length = 0; length < packed.length; length++) {
            refused(Arrays.copyOf(packed, length), "breaks off");
        }
    }

    @Test
    void aChangedByteIsNoticedWhereverItIs() {
        for (int place = 0; place < packed.length; place++) {
            // The time of change, the extra flags and the operating system say nothing of what is packed.
            if (place < 4 || place >= HEAD_BYTES) {
                byte[] changed = packed.clone();
                changed[place] ^= (byte) 0xff;
                refused(changed, "the body is no gzip");
            }
        }
    }

    @Test
    void whatIsBehindItIsRefused() {
        refused(Arrays.copyOf(packed, packed.length + 1), "goes on");
        refused(Buffer.buffer(packed).appendBytes(packed).getBytes(), "goes on");
    }

    private static String unpacked(byte[] bytes) {
        return Gunzip.unpacked(Buffer.buffer(bytes), MAX).toString();
    }

    private static void refused(byte[] bytes, String why) {
        assertThatThrownBy(() -> unpacked(bytes))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(why)
                .extracting(refusal -> ((ProblemException) refusal).problem())
                .isEqualTo(Problem.INVALID);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return packed.toByteArray();
    }
}
