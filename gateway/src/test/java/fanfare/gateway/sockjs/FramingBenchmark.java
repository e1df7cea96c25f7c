package fanfare.gateway.sockjs;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Waiting;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From what Redis sends to the bytes for browsers, which all sessions of an event loop share. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FramingBenchmark {
    private static final int MANY = 16;

    private final Buffer item = Buffer.buffer("1700000000000-1234567 1700000000000-1234566 1700000000000 1700604800000"
            + " 0123456789abcdef-0 %2Fmessage_namespace\n"
            + "{\"type\":\"event\",\"channel\":\"user\",\"namespace\":\"/message_namespace\",\"event\":\"message\",\"data\":\""
            + "x".repeat(126) + "\",\"id\":\"0123456789abcdef-0\",\"time\":1700000000000}");
    private final Channel channel = Channel.user("42");
    private final Batch raw = new Batch(false);
    private final Batch sockJs = new Batch(true);

    @Benchmark
    public Message parse() {
        return Message.of(channel, Item.parse(item));
    }

    @Benchmark
    public Object parseAndFrameRaw() {
        return encode(raw, 1);
    }

    @Benchmark
    public Object parseAndFrameRawBy16() {
        return encode(raw, MANY);
    }

    @Benchmark
    public Object parseAndFrameSockJs() {
        return encode(sockJs, 1);
    }

    @Benchmark
    public Object parseAndFrameSockJsBy16() {
        return encode(sockJs, MANY);
    }

    /** New messages each time, since a message remembers what it was made into. */
    private Object encode(Batch batch, int count) {
        SendQueue waiting = Waiting.of(Stream.generate(this::parse).limit(count).toList());
        batch.encode(waiting, 0);
        return batch.bytes();
    }
}
