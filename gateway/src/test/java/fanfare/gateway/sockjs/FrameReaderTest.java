package fanfare.gateway.sockjs;

import static fanfare.gateway.RawWebSocket.FIN;
import static fanfare.gateway.RawWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Fuzz;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comes of a browser's bytes, however the network cuts them; {@code BrokenFramesIT} has what browsers may not send. */
class FrameReaderTest {
    private static final int BYTES_MAX = 70_000;

    private final List<String> heard = new ArrayList<>();
    private FrameReader reader = reader();

    @Test
    void messagesAreTheSameWhereverTheNetworkCutsThem() {
        byte[] bytes = concat(
                frame(FIN | Frames.TEXT, "one"),
                frame(Frames.TEXT, "tw"),
                frame(FIN | Frames.PING, "still there?"),
                frame(Frames.CONTINUATION, ""),
                frame(FIN | Frames.CONTINUATION, "o"),
                frame(FIN | Frames.PONG, "x"),
                frame(FIN | Frames.TEXT, ""),
                frame(FIN | Frames.TEXT, "y".repeat(300)),
                frame(FIN | Frames.CLOSE, "\u0003\u00e9bye"),
                frame(FIN | Frames.TEXT, "after the end"));
        List<String> whole =
                List.of("text one", "ping still there?", "text two", "text ", "text " + "y".repeat(300), "closed 1001");
        for (int cut = 0; cut <= bytes.length; cut++) {
            read(bytes, 0, cut);
            read(bytes, cut, bytes.length);
            assertThat(heard).as("cut at %d", cut).isEqualTo(whole);
            assertThat(reader.isIdle()).isFalse();
            heard.clear();
            reader = reader();
        }
        for (int i = 0; i < bytes.length; i++) {
            read(bytes, i, i + 1);
        }
        assertThat(heard).isEqualTo(whole);
    }

    @Test
    void nothingIsKeptBetweenTwoMessages() {
        byte[] bytes = concat(frame(Frames.TEXT, "a"), frame(FIN | Frames.CONTINUATION, "b"));
        for (int i = 0; i < bytes.length - 1; i++) {
            read(bytes, i, i + 1);
            assertThat(reader.isIdle()).as("after byte %d", i).isFalse();
        }
        read(bytes, bytes.length - 1, bytes.length);
        assertThat(reader.isIdle()).isTrue();
        assertThat(heard).containsExactly("text ab");
    }

    @Test
    void aMessageMayBeAsLongAsTheLimit() {
        String longest = "x".repeat(BYTES_MAX);
        read(frame(FIN | Frames.TEXT, longest));
        assertThat(heard).containsExactly("text " + longest);
        heard.clear();
        read(frame(FIN | Frames.TEXT, longest + "x"));
        assertThat(heard).containsExactly("broken 4105");
    }

    @Test
    void aMessageThatIsTooLongInPartsIsRefusedAndTheAnswerToTheCloseIsReadStill() {
        read(frame(Frames.TEXT, "x".repeat(BYTES_MAX)));
        read(frame(Frames.CONTINUATION, "x"));
        read(frame(Frames.CONTINUATION, "x"));
        read(frame(FIN | Frames.CONTINUATION, "x"));
        read(frame(FIN | Frames.TEXT, "x"));
        read(frame(FIN | Frames.CLOSE, "\u0010\u0009"));
        assertThat(heard).containsExactly("refused", "closed 4105");
    }

    @Test
    void aLengthInMoreBytesThanItNeedsIsBroken() {
        read(new byte[] {(byte) (FIN | Frames.TEXT), (byte) (0x80 | 126), 0, 125, 0, 0, 0, 0});
        assertThat(heard).containsExactly("broken 1002");
        heard.clear();
        reader = reader();
        read(new byte[] {(byte) (FIN | Frames.TEXT), (byte) (0x80 | 127), 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0});
        assertThat(heard).containsExactly("broken 1002");
    }

    @Test
    void nothingIsHeardAfterWhatIsBroken() {
        read(concat(frame(FIN | 0x3, ""), frame(FIN | Frames.TEXT, "more")));
        read(frame(FIN | Frames.TEXT, "more"));
        assertThat(heard).containsExactly("broken 1002");
    }

    @Test
    void anyBytesAreReadOrRefused() {
        Fuzz.play(fuzz -> {
            byte[] bytes = fuzz.text(
                            2_000,
                            text(frame(FIN | Frames.TEXT, "{\"type\":\"ping\"}")),
                            text(frame(Frames.TEXT, "\u00e2\u0082")),
                            text(frame(FIN | Frames.CONTINUATION, "\u00ac")),
                            text(frame(FIN | Frames.PING, "x")),
                            text(frame(FIN | Frames.CLOSE, "\u0003\u00e8")))
                    .getBytes(StandardCharsets.ISO_8859_1);
            List<String> once = heardOf(bytes, bytes.length);
            assertThat(heardOf(bytes, 1 + fuzz.number(50))).isEqualTo(once);
        });
    }

    private List<String> heardOf(byte[] bytes, int step) {
        reader = reader();
        heard.clear();
        for (int from = 0; from < bytes.length; from += step) {
            read(bytes, from, Math.min(bytes.length, from + step));
        }
        return List.copyOf(heard);
    }

    private void read(byte[]... frames) {
        byte[] all = concat(frames);
        read(all, 0, all.length);
    }

    private void read(byte[] bytes, int from, int to) {
        ByteBuf arrived = Unpooled.copiedBuffer(bytes, from, to - from);
        reader.read(arrived);
        assertThat(arrived.refCnt()).isEqualTo(1);
    }

    private static byte[] concat(byte[]... frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] each : frames) {
            all.writeBytes(each);
        }
        return all.toByteArray();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private FrameReader reader() {
        return new FrameReader(BYTES_MAX, new FrameReader.Listener() {
            @Override
            public void text(String message) {
                heard.add("text " + message);
            }

            @Override
            public void ping(byte[] payload) {
                heard.add("ping " + FrameReaderTest.text(payload));
            }

            @Override
            public void closed(int code) {
                heard.add("closed " + code);
            }

            @Override
            public void refused(String why) {
                heard.add("refused");
            }

            @Override
            public void broken(int code, String why) {
                heard.add("broken " + code);
            }
        });
    }
}
