package fanfare.deploy.bench;

import java.io.IOException;

/** Time, and what Redis spends in it. */
final class Stopwatch {
    private final RedisMeter redis;
    private final long cpuMicros;
    private final long nanos;

    private Stopwatch(RedisMeter redis, long cpuMicros) {
        this.redis = redis;
        this.cpuMicros = cpuMicros;
        this.nanos = System.nanoTime();
    }

    static Stopwatch start(RedisMeter redis) throws IOException {
        return new Stopwatch(redis, redis.cpuMicros());
    }

    double seconds() {
        return (System.nanoTime() - nanos) / 1e9;
    }

    double redisSeconds() throws IOException {
        return (redis.cpuMicros() - cpuMicros) / 1e6;
    }
}
