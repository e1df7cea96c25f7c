package fanfare.deploy.bench;

import java.io.IOException;

/** Time, and what Redis spends in it. */
final class Stopwatch {
    private final RedisAdmin admin;
    private final long cpuMicros;
    private final long nanos;

    private Stopwatch(RedisAdmin admin, long cpuMicros) {
        this.admin = admin;
        this.cpuMicros = cpuMicros;
        this.nanos = System.nanoTime();
    }

    static Stopwatch start(RedisAdmin admin) throws IOException {
        return new Stopwatch(admin, admin.cpuMicros());
    }

    double seconds() {
        return (System.nanoTime() - nanos) / 1e9;
    }

    double redisSeconds() throws IOException {
        return (admin.cpuMicros() - cpuMicros) / 1e6;
    }
}
