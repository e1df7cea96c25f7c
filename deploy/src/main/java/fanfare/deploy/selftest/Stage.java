package fanfare.deploy.selftest;

import fanfare.deploy.selftest.client.Crowd;
import fanfare.deploy.selftest.client.Load;
import fanfare.deploy.selftest.client.Loop;
import fanfare.deploy.selftest.ledger.Ledger;
import fanfare.deploy.selftest.rig.Rig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/** What a fault's script has to work with. Confined to the main thread; {@code crowd}, {@code load} and {@code ledger} to the loop. */
final class Stage {
    final Vertx vertx;
    final Rig rig;
    final Loop loop;
    final Ledger ledger;
    final Crowd crowd;
    final Load load;
    final RandomGenerator random;
    /** How many users there are, counted from 0. */
    final int users;
    /** A count -> cookies of that many new logins, of the users that the next clients of the crowd stand for. */
    final IntFunction<List<String>> logins;

    private final Duration length;
    /** What the fault promises beside the books, and was not so. */
    private final List<String> broken = new ArrayList<>();
    /** What is worth a line. */
    private final List<String> remarks = new ArrayList<>();

    Stage(
            Vertx vertx,
            Rig rig,
            Loop loop,
            Ledger ledger,
            Crowd crowd,
            Load load,
            RandomGenerator random,
            int users,
            IntFunction<List<String>> logins,
            Duration length) {
        this.vertx = vertx;
        this.rig = rig;
        this.loop = loop;
        this.ledger = ledger;
        this.crowd = crowd;
        this.load = load;
        this.random = random;
        this.users = users;
        this.logins = logins;
        this.length = length;
    }

    /** Lets time pass under load. */
    void pass(long seconds) throws InterruptedException {
        Thread.sleep(Duration.ofSeconds(seconds).toMillis());
    }

    /** Plays round after round while there is time, once at least. */
    void repeat(Fault.Script round) throws IOException, InterruptedException {
        long endMs = loop.nowMs() + length.toMillis();
        do {
            round.play(this);
        } while (loop.nowMs() < endMs);
    }

    /** Redis loses data meanwhile. */
    void losingData(Fault.Script change) throws IOException, InterruptedException {
        long fromMs = loop.nowMs();
        change.play(this);
        long untilMs = loop.nowMs();
        loop.run(() -> ledger.replay(fromMs, untilMs));
    }

    void expect(boolean kept, String promise) {
        if (!kept) {
            broken.add(promise);
        }
    }

    /** Waits until every client is connected. */
    void expectAllIn(Duration max) throws InterruptedException {
        boolean allIn = loop.await(max, () -> crowd.in() == crowd.size());
        int in = loop.ask(crowd::in);
        expect(allIn, "all are in within %d s: %d of %d were".formatted(max.toSeconds(), in, loop.ask(crowd::size)));
    }

    void remark(String sentence) {
        remarks.add(sentence);
    }

    List<String> broken() {
        return broken;
    }

    List<String> remarks() {
        return remarks;
    }
}
