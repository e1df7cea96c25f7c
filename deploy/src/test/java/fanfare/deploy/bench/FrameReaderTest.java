package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
    private final List<String> heard = new ArrayList<>();
    private final FrameReader reader = new FrameReader(heard::add);

    @Test
    void framesComeHoweverTheyAreCut() {
        String shortText = "short";
        String longText = "m".repeat(300);
        String hugeText = "h".repeat(70_000);
        Buffer all = Buffer.buffer()
                .appendBytes(new byte[] {(byte) 0x81, 5})
                .appendString(shortText)
                .appendBytes(new byte[] {(byte) 0x89, 2, 'p', 'i'})
                .appendBytes(new byte[] {(byte) 0x81, 126})
                .appendUnsignedShort(300)
                .appendString(longText)
                .appendBytes(new byte[] {(byte) 0x81, 127})
                .appendLong(70_000)
                .appendString(hugeText);
        for (int step : new int[] {1, 7, all.length()}) {
            for (int at = 0; at < all.length(); at += step) {
                reader.read(all.getBuffer(at, Math.min(all.length(), at + step)));
            }
            assertThat(heard).containsExactly(shortText, longText, hugeText);
            heard.clear();
        }
    }
}
