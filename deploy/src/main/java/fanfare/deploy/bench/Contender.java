package fanfare.deploy.bench;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One way to tell a user something. Its figures add up over its rounds.
 *
 * @see PublishBench
 */
final class Contender {
    private final String name;
    /** What Redis counts it as; of a script only the outer command, which has the inner ones in it. */
    private final List<String> commands;

    private final IntFunction<Future<?>> call;
    private long calls;
    private long nanos;
    private long cpuMicros;
    private long commandMicros;

    Contender(String name, List<String> commands, IntFunction<Future<?>> call) {
        this.name = name;
        this.commands = commands;
        this.call = call;
    }

    String name() {
        return name;
    }

    IntFunction<Future<?>> call() {
        return call;
    }

    List<String> commands() {
        return commands;
    }

    void add(long moreCalls, long moreNanos, long moreCpuMicros, long moreCommandMicros) {
        calls += moreCalls;
        nanos += moreNanos;
        cpuMicros += moreCpuMicros;
        commandMicros += moreCommandMicros;
    }

    double callsPerSecond() {
        return calls * 1e9 / nanos;
    }

    /** All that Redis spends on a call: reading it, doing it, answering, telling the subscriber [us]. */
    double cpuMicrosPerCall() {
        return (double) cpuMicros / calls;
    }

    /** What the command itself takes [us]. */
    double commandMicrosPerCall() {
        return (double) commandMicros / calls;
    }
}
