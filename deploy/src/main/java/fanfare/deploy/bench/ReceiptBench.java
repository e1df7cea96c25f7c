package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What receipts cost a gateway: broadcasts without and with them, in rounds that take turns, so that a slow moment of the
 * machine is nobody's own. The gateway's CPU time counts, not the clock, since its clients share the machine.
 */
final class ReceiptBench {
    private static final int ROUNDS_UNCOUNTED = 2;
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    /** Long enough to be reported, and short enough not to fill Redis. */
    private static final int RECEIPT_SECONDS = 15;
    /**
     * More than what a gateway collects its reports for [ms]. So they fall into their own round, and there are no more of
     * them at a time than a gateway keeps.
     */
    private static final int REPORTED_MS = 300;
    /** 128 bytes with the quotes. */
    private static final int DATA_LENGTH = 126;

    private static final int ROOM = 100;

    private final Options options;
    private int burst;

    /**
     * @param broadcasts in each round
     * @param rounds of each kind
     * @param atOnce broadcasts that are under way together; then all are awaited
     * @param beside another build's gateway.jar to compare with; null for none
     */
    record Options(int users, int broadcasts, int rounds, int atOnce, @Nullable Path beside) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--broadcasts", "--rounds", "--at-once", "--beside");
            return new Options(
                    given.number("--users", 2_000, 10, Workbench.CONNECTIONS_MAX / 2),
                    given.number("--broadcasts", 200, 10, 10_000),
                    given.number("--rounds", 9, 1, 100),
                    given.number("--at-once", 10, 1, 100),
                    given.jar("--beside", "gateway.jar"));
        }
    }

    ReceiptBench(Options options) {
        this.options = options;
    }

    /** A gateway with its own Redis and crowd, so that each hears its own broadcasts only. */
    private record Stand(Publishing publishing, Crowd crowd, Workbench.Gateway gateway) {}

    /** What is measured, round by round. */
    private record Arm(String name, Stand stand, boolean receipt, boolean acknowledged, Rates perCpuSecond) {
        Arm(String name, Stand stand, boolean receipt, boolean acknowledged) {
            this(name, stand, receipt, acknowledged, new Rates());
        }
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        Stand own = stand(workbench, vertx, loop, site, null);
        List<Arm> arms = new ArrayList<>();
        arms.add(new Arm("without a receipt", own, false, false));
        if (options.beside() == null) {
            arms.add(new Arm("with a receipt, written", own, true, false));
            arms.add(new Arm("with a receipt, written and acknowledged", own, true, true));
        } else {
            // Nothing else, or this build would be the more practised one.
            Stand other = stand(workbench, vertx, loop, site, options.beside());
            arms.add(new Arm("the other build, without a receipt", other, false, false));
        }
        for (int round = -ROUNDS_UNCOUNTED; round < options.rounds(); round++) {
            // No arm is always behind the same one.
            for (int i = 0; i < arms.size(); i++) {
                Arm arm = arms.get(Math.floorMod(round + i, arms.size()));
                double rate = measure(loop, arm);
                if (round >= 0) {
                    arm.perCpuSecond().add(rate);
                }
            }
        }
        double dropped = new Population(own.gateway().managementPort()).sum("fanfare_receipt_reports_dropped_total");
        return outcome(arms, dropped);
    }

    private Stand stand(Workbench workbench, Vertx vertx, Loop loop, HttpServer site, @Nullable Path jar)
            throws IOException, InterruptedException {
        int redisPort = workbench.startRedis();
        Publishing publishing = Publishing.open(vertx, loop, redisPort);
        int room = options.users() + ROOM;
        Workbench.Gateway gateway = jar == null
                ? workbench.startGateway(redisPort, site.actualPort(), room)
                : workbench.startGateway("other-gateway", jar, redisPort, site.actualPort(), room);
        Crowd crowd = loop.make(() -> new Crowd(vertx, gateway.port(), options.users()));
        loop.await("the users' coming", STEP_MAX, crowd::come);
        return new Stand(publishing, crowd, gateway);
    }

    /** Deliveries for each second of the gateway's CPU. */
    private double measure(Loop loop, Arm arm) throws IOException, InterruptedException {
        Stand stand = arm.stand();
        loop.make(() -> {
            stand.crowd().acknowledge(arm.acknowledged());
            return arm;
        });
        long before = Cpu.nanos(stand.gateway().pid());
        int bursts = Math.max(1, options.broadcasts() / options.atOnce());
        for (int i = 0; i < bursts; i++) {
            burst++;
            loop.await(arm.name(), STEP_MAX, () -> burst(arm));
            if (options.beside() == null) {
                Thread.sleep(REPORTED_MS);
            }
        }
        return (double) bursts
                * options.atOnce()
                * options.users()
                * 1e9
                / Math.max(1, Cpu.nanos(stand.gateway().pid()) - before);
    }

    private Future<?> burst(Arm arm) {
        Future<Void> heard = arm.stand().crowd().expect(options.users(), data(options.atOnce() - 1));
        List<Future<?>> published = new ArrayList<>();
        for (int i = 0; i < options.atOnce(); i++) {
            Publishing publishing = arm.stand().publishing();
            published.add(
                    arm.receipt()
                            ? publishing.publishWithReceipt(Channel.BROADCAST, quoted(i), RECEIPT_SECONDS)
                            : publishing.publish(Channel.BROADCAST, quoted(i)));
        }
        return Future.all(Future.all(published), heard);
    }

    private String quoted(int number) {
        return "\"" + data(number) + "\"";
    }

    private String data(int number) {
        String name = burst + "-" + number + " ";
        return name + "x".repeat(DATA_LENGTH - name.length());
    }

    private Outcome outcome(List<Arm> arms, double dropped) {
        Table table = new Table(
                "%s WebSockets, %s broadcasts of 128 bytes a round, %d at once, %d rounds of each kind in turn"
                        .formatted(
                                Table.number(options.users()),
                                Table.number(options.broadcasts()),
                                options.atOnce(),
                                options.rounds()),
                "",
                "deliveries/CPU s",
                ": without");
        JsonObject json = new JsonObject()
                .put("bench", "receipts")
                .put("connections", options.users())
                .put("broadcastsPerRound", options.broadcasts())
                .put("rounds", options.rounds());
        List<String> names =
                options.beside() == null ? List.of("without", "written", "acknowledged") : List.of("without", "other");
        for (int i = 0; i < arms.size(); i++) {
            Arm arm = arms.get(i);
            double ratio = arm.perCpuSecond().ratioTo(arms.get(0).perCpuSecond());
            table.add(arm.name(), Table.number(Math.round(arm.perCpuSecond().median())), Table.number(ratio, 3));
            json.put(
                    names.get(i),
                    new JsonObject()
                            .put("perCpuSecond", Math.round(arm.perCpuSecond().median()))
                            .put("toWithout", Outcome.rounded(ratio)));
        }
        table.add("reports that were dropped", Table.number(Math.round(dropped)), "");
        return new Outcome(table, json.put("reportsDropped", Math.round(dropped)), dropped == 0);
    }
}
