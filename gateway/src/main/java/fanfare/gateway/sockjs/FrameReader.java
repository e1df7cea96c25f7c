package fanfare.gateway.sockjs;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocketFrame;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts together the texts that a browser sends in frames. Vert.x would do it, but it puts U+FFFD for what is no UTF-8
 * (RFC 6455, 8.1, has the connection end), drops a message that is too long and goes on, and loses one whose first frame
 * is empty. That frames come in a legal order has been seen to by the decoder before. Confined to its event loop.
 */
final class FrameReader implements Handler<WebSocketFrame> {
    private final int bytesMax;
    private final Consumer<String> message;
    /** Told why what the browser sends is not read. */
    private final Consumer<String> refusal;

    private final Runnable ping;
    /** What has come of a message whose last frame has not; null between two messages. */
    private @Nullable Buffer begun;

    FrameReader(int bytesMax, Consumer<String> message, Consumer<String> refusal, Runnable ping) {
        this.bytesMax = bytesMax;
        this.message = message;
        this.refusal = refusal;
        this.ping = ping;
    }

    @Override
    public void handle(WebSocketFrame frame) {
        switch (frame.type()) {
            case TEXT, CONTINUATION -> read(frame);
            case BINARY -> refusal.accept("binary message");
            case PING -> ping.run();
            case PONG, CLOSE -> {}
        }
    }

    private void read(WebSocketFrame frame) {
        Buffer text = (begun == null ? Buffer.buffer() : begun).appendBuffer(frame.binaryData());
        begun = null;
        if (text.length() > bytesMax) {
            refusal.accept("more than " + bytesMax + " bytes");
        } else if (frame.isFinal()) {
            decode(text);
        } else {
            begun = text;
        }
    }

    private void decode(Buffer utf8) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8.getBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            refusal.accept("not UTF-8");
            return;
        }
        message.accept(text);
    }
}
