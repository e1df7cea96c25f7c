package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Commands;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.receipt.Collector;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.receipt.Reports;
import fanfare.redis.ServerTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A broadcast from the hub to the transports of all its sessions, which take it and write nothing; with the hop to the hub's
 * event loop and back.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HubBenchmark {
    private static final SessionLimits LIMITS = new SessionLimits(
            1 << 20, Duration.ofSeconds(1), Duration.ofHours(1), Duration.ofSeconds(5), Duration.ofHours(1), 20);
    private static final ServerTime START = new ServerTime(7, "master");
    private static final Buffer EVENT =
            Buffer.buffer("{\"position\":\"1-1\",\"type\":\"event\",\"data\":\"" + "x".repeat(126) + "\"}");

    @Param({"1000", "10000"})
    public int sessions;

    private final Semaphore done = new Semaphore(0);
    private Vertx vertx;
    private Hub hub;
    /** What the transports took; on the hub's event loop. */
    private int taken;

    private long sequence;

    @Setup
    public void open() throws InterruptedException {
        vertx = Vertx.vertx();
        vertx.getOrCreateContext().runOnContext(turn -> {
            SimpleMeterRegistry metrics = new SimpleMeterRegistry();
            Reports reports = new Reports(
                    ReceiptLimits.of(100),
                    new Collector.Room(ReceiptLimits.of(100), metrics),
                    Runnable::run,
                    seen -> {},
                    () -> 0);
            hub = new Hub(
                    vertx,
                    "node",
                    new Joined(),
                    LIMITS,
                    new SessionMetrics(metrics, new ConnectionLog(0, () -> 0, metrics)),
                    reports,
                    () -> 0,
                    () -> 0);
            for (int i = 0; i < sessions; i++) {
                Session session = hub.open(new Nowhere(), "connection", START, closed -> {});
                session.hello(new Command.Hello(Commands.PROTOCOL, null, null, Map.of(), false));
                session.admitted(new Identity("user-" + i, null, List.of(), Long.MAX_VALUE));
            }
        });
        // All of them are welcome.
        done.acquire();
    }

    @TearDown
    public void close() {
        vertx.close().await();
    }

    @Benchmark
    public void deliver() throws InterruptedException {
        Item item = new Item(new Position(1, ++sequence), null, 1, Long.MAX_VALUE, "id", "/namespace", 0, EVENT);
        Message message = Message.of(Channel.BROADCAST, item);
        hub.handOver(Channel.BROADCAST, message, 0, false);
        done.acquire();
    }

    /** Joins succeed at once. */
    private static final class Joined implements Hub.Source {
        @Override
        public void join(Hub by, Subscription subscription, Start start) {
            by.execute(() -> subscription.joined(List.of(), true, null, 1));
        }

        @Override
        public void leave(Hub by, Channel channel) {}
    }

    private final class Nowhere implements Transport {
        @Override
        public String name() {
            return "nowhere";
        }

        @Override
        public boolean takesMore() {
            return true;
        }

        @Override
        public int write(SendQueue waiting) {
            taken++;
            if (taken == sessions) {
                taken = 0;
                done.release();
            }
            return waiting.count();
        }

        @Override
        public void heartbeat() {}

        @Override
        public void close(CloseReason reason) {}

        @Override
        public void reset() {}
    }
}
