package fanfare.deploy.bench.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class WireTest implements Wire.Listener {
    private static final String SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

    private final List<String> heard = new ArrayList<>();

    @Override
    public void upgraded() {
        heard.add("upgraded");
    }

    @Override
    public void text(byte[] bytes, int from, int to) {
        heard.add(new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    @Override
    public void ping() {
        heard.add("ping");
    }

    @Test
    void headAndFramesComeHoweverTheyAreCut() throws IOException {
        String shortText = "short";
        String longText = "m".repeat(300);
        String hugeText = "h".repeat(70_000);
        Buffer all = Buffer.buffer(SWITCHED)
                .appendBytes(new byte[] {(byte) 0x81, 5})
                .appendString(shortText)
                .appendBytes(new byte[] {(byte) 0x89, 2, 'p', 'i'})
                .appendBytes(new byte[] {(byte) 0x81, 126})
                .appendUnsignedShort(300)
                .appendString(longText)
                .appendBytes(new byte[] {(byte) 0x81, 127})
                .appendLong(70_000)
                .appendString(hugeText);
        for (int step : new int[] {3, 700, all.length()}) {
            Wire wire = new Wire(this);
            for (int at = 0; at < all.length(); at += step) {
                byte[] bytes = all.getBytes(at, Math.min(all.length(), at + step));
                wire.read(bytes, bytes.length);
            }
            assertThat(heard).containsExactly("upgraded", shortText, "ping", longText, hugeText);
            heard.clear();
        }
    }

    @Test
    void whatEndsItIsNamed() {
        assertThatThrownBy(() -> read("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n"))
                .hasMessage("the server answered HTTP/1.1 503 Service Unavailable");
        assertThatThrownBy(() -> read(SWITCHED + "\u0088\u0002\u000f\u00a2")).hasMessage("the server closed with 4002");
        assertThatThrownBy(() -> read(SWITCHED + "\u0088\u0000")).hasMessage("the server closed with no code");
    }

    @Test
    void keysHave16Bytes() {
        String request = new String(Wire.request("/push", 80, "user=1"), StandardCharsets.US_ASCII);
        String key = request.lines()
                .filter(line -> line.startsWith("Sec-WebSocket-Key: "))
                .findFirst()
                .orElseThrow()
                .substring("Sec-WebSocket-Key: ".length());
        assertThat(Base64.getDecoder().decode(key)).hasSize(16);
    }

    @Test
    void textsOfEveryLengthAreFramed() {
        assertThat(Wire.text(new byte[125])).hasSize(6 + 125).startsWith(0x81, 0x80 | 125);
        assertThat(Wire.text(new byte[300])).hasSize(8 + 300).startsWith(0x81, 0x80 | 126, 1, 44);
    }

    private void read(String latin) throws IOException {
        byte[] bytes = latin.getBytes(StandardCharsets.ISO_8859_1);
        new Wire(this).read(bytes, bytes.length);
    }
}
