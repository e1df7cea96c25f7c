package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.bench.audience.Note;
import fanfare.deploy.command.Arguments;
import fanfare.deploy.dev.RedisShards;
import fanfare.redis.Keys;
import fanfare.redis.PubSub;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What it costs, and whom, when the master of a shard goes that has most of the users: the first shard of a Redis Cluster has
 * eight tenths of the slots. Gateways and their browsers are processes of their own; broker and site share this one.
 */
final class ShardFailoverBench {
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    /** After the last answer; what is not there by then is lost. */
    private static final Duration ARRIVAL_MAX = Duration.ofSeconds(20);

    private static final int COMING_AT_ONCE = 200;
    private static final int PUBLISHING_AT_ONCE = 500;
    private static final int ROOM = 100;
    /** Times as many slots as another shard's. */
    private static final int WEIGHT = 8;

    /** What gateways ask a channel's newest message by. */
    private static final String COMPARISON = "lindex";

    private static final int POLL_MS = 10;
    private static final long SEED = 20_261_126;

    private final Options options;
    private final Keys keys = new Keys(Publishing.PREFIX);

    /**
     * @param users of all shards
     * @param rate messages a second
     * @param seconds before the master goes, and at least so many from then on
     * @param agreed whether the replica takes over with the master's consent; else that is killed
     */
    record Options(int users, int rate, int seconds, boolean agreed) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--rate", "--seconds", "--how");
            String how = given.text("--how");
            if (how != null && !how.equals("kill") && !how.equals("agreed")) {
                throw new IllegalArgumentException("--how is '%s': it takes kill or agreed".formatted(how));
            }
            return new Options(
                    given.number("--users", 125_000, 20, 800_000),
                    given.number("--rate", 200, 1, 10_000),
                    given.number("--seconds", 15, 1, 600),
                    "agreed".equals(how));
        }
    }

    ShardFailoverBench(Options options) {
        this.options = options;
    }

    /** A gateway with its browsers, who are users from a first one on. */
    private record Stand(Workbench.Gateway gateway, Browsers browsers, int first, int count) {}

    /** All that runs; the users of the first shard, and the others. */
    private record Stage(
            Workbench.Shards cluster,
            List<Stand> stands,
            Loop loop,
            Publishing publishing,
            List<Integer> users,
            List<Integer> others) {
        RedisShards shards() {
            return cluster.shards();
        }
    }

    /** What servers have spent until now [s]: the master of the first shard, the other masters, and all gateways. */
    private record Spent(double first, double others, double gateways) {
        Spent since(Spent before) {
            return new Spent(first - before.first, others - before.others, gateways - before.gateways);
        }
    }

    /** A span of time: what was spent in it, and each note that came. */
    private record Span(double seconds, Spent spent, List<Browsers.Arrival> arrivals) {
        double percent(ToDoubleFunction<Spent> of) {
            return 100 * of.applyAsDouble(spent) / seconds;
        }
    }

    /** After the master's end [s]. */
    private record Recovery(double promoted, double resubscribed, double compared) {}

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Stage stage = set(workbench, vertx, new Loop(vertx));
        Sent sent = new Sent(options.users());
        try (RedisMeter master = meter(stage, 0);
                RedisMeter heir = meter(stage, RedisShards.COUNT)) {
            List<Pace> paces = List.of(
                    pace(vertx, stage, sent, stage.users(), "first-%d"),
                    pace(vertx, stage, sent, stage.others(), "other-%d"));
            stage.loop().make(() -> {
                paces.forEach(Pace::start);
                return paces;
            });
            Progress.say("%d s of messages".formatted(options.seconds()));
            // What the JVMs compile at first is nobody's delay.
            Thread.sleep(options.seconds() * 500L);
            arrivals(stage);
            Stretch calm = Stretch.begin(() -> spent(stage, master));
            Thread.sleep(options.seconds() * 1_000L);
            Span before = calm.end(arrivals(stage));

            long subscriptions = master.subscriptions();
            Stretch fault = Stretch.begin(() -> spent(stage, heir));
            Recovery recovery = fail(stage, heir, subscriptions, fault.beginNanos());
            Progress.say("recovered; %d s more".formatted(options.seconds()));
            Thread.sleep(options.seconds() * 1_000L);
            for (Pace pace : paces) {
                stage.loop().await("storing what was published", STEP_MAX, pace::end);
            }
            awaitArrival(stage, sent);
            Span after = fault.end(arrivals(stage));
            return outcome(stage, before, after, fault.beginNanos(), recovery, check(stage, sent), troubles(stage));
        }
    }

    /** Starts everything, and has all users come, whose inboxes are not empty. */
    private Stage set(Workbench workbench, Vertx vertx, Loop loop) throws IOException, InterruptedException {
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        Workbench.Shards cluster = workbench.startCluster(WEIGHT);
        String url = cluster.shards().url();
        Publishing publishing = Publishing.open(vertx, loop, url);
        Progress.say("%,d inboxes are filled".formatted(options.users()));
        loop.await(
                "filling inboxes",
                STEP_MAX,
                () -> Pipeline.run(
                        options.users(),
                        PUBLISHING_AT_ONCE,
                        user -> publishing.publish(Channel.user(Note.userName(user)), "\"before all\"")));
        int processes = (options.users() + Workbench.CONNECTIONS_MAX - 1) / Workbench.CONNECTIONS_MAX;
        List<Stand> stands = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
            int first = share(i, processes);
            int count = share(i + 1, processes) - first;
            Workbench.Gateway gateway =
                    workbench.startGateway("gateway-" + (i + 1), url, site.actualPort(), count + ROOM);
            Browsers browsers = Browsers.start(workbench, "audience-" + (i + 1), first, count);
            Progress.say("%,d users come to gateway %d of %d".formatted(count, i + 1, processes));
            browsers.come(gateway.port(), 0, count, COMING_AT_ONCE);
            browsers.followArrivals();
            stands.add(new Stand(gateway, browsers, first, count));
        }
        int end = cluster.shards().firstSlot(1);
        List<Integer> users = new ArrayList<>();
        List<Integer> others = new ArrayList<>();
        IntStream.range(0, options.users()).forEach(user -> (slotOf(user) < end ? users : others).add(user));
        return new Stage(cluster, stands, loop, publishing, users, others);
    }

    private int share(int index, int processes) {
        return (int) ((long) options.users() * index / processes);
    }

    private int slotOf(int user) {
        return PubSub.SHARDED.slotOf(keys.live(Channel.user(Note.userName(user))));
    }

    private static RedisMeter meter(Stage stage, int server) throws IOException {
        return new RedisMeter(stage.shards().server(server).port());
    }

    private Pace pace(Vertx vertx, Stage stage, Sent sent, List<Integer> users, String ids) {
        double share = (double) users.size() / options.users();
        return new Pace(vertx, stage.publishing(), sent, users, options.rate() * share, new Random(SEED), ids);
    }

    /** Has the master go, and waits until its replica has all subscriptions and was asked for every newest message. */
    private Recovery fail(Stage stage, RedisMeter heir, long subscriptions, long beginNanos)
            throws IOException, InterruptedException {
        int users = stage.users().size();
        long comparisons = heir.commandCalls(COMPARISON) + users;
        if (options.agreed()) {
            Progress.say("the replica takes over");
            stage.shards().server(RedisShards.COUNT).command("CLUSTER", "FAILOVER");
        } else {
            Progress.say("the master is killed");
            stage.cluster().servers().get(0).kill();
        }
        double promoted = awaitSeconds(
                beginNanos, () -> heir.command("INFO", "replication").contains("role:master"));
        double resubscribed = awaitSeconds(beginNanos, () -> heir.subscriptions() >= subscriptions);
        double compared = awaitSeconds(beginNanos, () -> heir.commandCalls(COMPARISON) >= comparisons);
        return new Recovery(promoted, resubscribed, compared);
    }

    private static double awaitSeconds(long beginNanos, RedisShards.Question question)
            throws IOException, InterruptedException {
        while (!question.isYes()) {
            if (System.nanoTime() - beginNanos > STEP_MAX.toNanos()) {
                throw new IOException("the gateways do not recover");
            }
            Thread.sleep(POLL_MS);
        }
        return (System.nanoTime() - beginNanos) / 1e9;
    }

    private static Spent spent(Stage stage, RedisMeter first) throws IOException {
        double others = 0;
        for (int i = 1; i < RedisShards.COUNT; i++) {
            try (RedisMeter other = meter(stage, i)) {
                others += other.cpuMicros() / 1e6;
            }
        }
        double gateways = 0;
        for (Stand stand : stage.stands()) {
            gateways += Cpu.nanos(stand.gateway().pid()) / 1e9;
        }
        return new Spent(first.cpuMicros() / 1e6, others, gateways);
    }

    private static List<Browsers.Arrival> arrivals(Stage stage) throws IOException, InterruptedException {
        List<Browsers.Arrival> all = new ArrayList<>();
        for (Stand stand : stage.stands()) {
            all.addAll(stand.browsers().takeArrivals());
        }
        return all;
    }

    private static void awaitArrival(Stage stage, Sent sent) throws IOException, InterruptedException {
        for (Stand stand : stage.stands()) {
            long notes = stage.loop().make(() -> IntStream.range(stand.first(), stand.first() + stand.count())
                    .mapToLong(sent::to)
                    .sum());
            // Whoever lacks some shows when all is counted.
            stand.browsers().awaitHeard(notes, ARRIVAL_MAX);
        }
    }

    /** How many users did not hear just what was published to them, and once. */
    private static int check(Stage stage, Sent sent) throws IOException, InterruptedException {
        int mismatches = 0;
        for (Stand stand : stage.stands()) {
            JsonObject ledger = stand.browsers().ledger();
            mismatches += stage.loop().make(() -> sent.mismatches(ledger, stand.first()));
        }
        return mismatches;
    }

    private static int troubles(Stage stage) throws IOException, InterruptedException {
        int troubles = 0;
        for (Stand stand : stage.stands()) {
            troubles += stand.browsers().troubles();
        }
        return troubles;
    }

    private Outcome outcome(
            Stage stage, Span before, Span after, long failedNanos, Recovery recovery, int mismatches, int troubles) {
        int end = stage.shards().firstSlot(1);
        Predicate<Browsers.Arrival> ofFirst = arrival -> slotOf(arrival.user()) < end;
        double resubscribedNanos = failedNanos + recovery.resubscribed() * 1e9;
        double caughtUp = after.arrivals().stream()
                        .filter(ofFirst.and(arrival -> arrival.publishedNanos() < resubscribedNanos))
                        .mapToDouble(arrival -> arrival.publishedNanos() - failedNanos + arrival.millis() * 1e6)
                        .max()
                        .orElse(0)
                / 1e9;
        int users = stage.users().size();
        Table table = new Table(
                "%s of %s users on the shard whose master %s, %d gateways, %d messages a second"
                        .formatted(
                                Table.number(users),
                                Table.number(options.users()),
                                options.agreed() ? "hands over to its replica" : "is killed",
                                stage.stands().size(),
                                options.rate()),
                "",
                "before",
                "from then on");
        table.add("the replica is master, s", "", Table.number(recovery.promoted(), 2));
        table.add("every channel is subscribed again, s", "", Table.number(recovery.resubscribed(), 2));
        table.add("every channel's newest message is compared, s", "", Table.number(recovery.compared(), 2));
        table.add("what was published until it was subscribed has arrived, s", "", Table.number(caughtUp, 2));
        JsonObject json = new JsonObject()
                .put("bench", "shard-failover")
                .put("users", options.users())
                .put("usersOfShard", users)
                .put("gateways", stage.stands().size())
                .put("promotedSeconds", Outcome.rounded(recovery.promoted()))
                .put("resubscribedSeconds", Outcome.rounded(recovery.resubscribed()))
                .put("comparedSeconds", Outcome.rounded(recovery.compared()))
                .put("caughtUpSeconds", Outcome.rounded(caughtUp));
        delays(table, json, "its users", "shard", before, after, ofFirst);
        delays(table, json, "other users", "others", before, after, ofFirst.negate());
        spent(table, json, "its Redis", "shardRedis", before, after, Spent::first);
        spent(table, json, "the other two", "otherRedis", before, after, Spent::others);
        spent(table, json, "all gateways", "gateways", before, after, Spent::gateways);
        table.add("users who lack a message or have one twice", "", Table.number(mismatches));
        table.add("gaps, errors, closed connections", "", Table.number(troubles));
        return new Outcome(
                table, json.put("mismatches", mismatches).put("troubles", troubles), mismatches + troubles == 0);
    }

    private static void delays(
            Table table,
            JsonObject json,
            String whose,
            String name,
            Span before,
            Span after,
            Predicate<Browsers.Arrival> theirs) {
        List<String> cells = new ArrayList<>(List.of("message to %s, p50 / p99 / longest ms".formatted(whose)));
        Map<String, Span> spans = new LinkedHashMap<>();
        spans.put(name + "Before", before);
        spans.put(name + "After", after);
        spans.forEach((field, span) -> {
            Quantiles delays =
                    Quantiles.of(span.arrivals().stream().filter(theirs).map(Browsers.Arrival::millis));
            cells.add("%s / %s / %s"
                    .formatted(
                            Table.number(delays.at(0.5), 0),
                            Table.number(delays.at(0.99), 0),
                            Table.number(delays.most(), 0)));
            json.put(
                    field,
                    new JsonObject()
                            .put("p50Ms", Outcome.rounded(delays.at(0.5)))
                            .put("p99Ms", Outcome.rounded(delays.at(0.99)))
                            .put("maxMs", Outcome.rounded(delays.most())));
        });
        table.add(cells.toArray(String[]::new));
    }

    private static void spent(
            Table table,
            JsonObject json,
            String whose,
            String name,
            Span before,
            Span after,
            ToDoubleFunction<Spent> of) {
        table.add(
                "CPU of %s, %%; s above that from then on".formatted(whose),
                Table.number(before.percent(of), 1),
                "%s; %s".formatted(Table.number(after.percent(of), 1), Table.number(more(before, after, of), 2)));
        json.put(name + "MoreCpuSeconds", Outcome.rounded(more(before, after, of)));
    }

    /** What was spent beyond what the time before takes. */
    private static double more(Span before, Span after, ToDoubleFunction<Spent> of) {
        return of.applyAsDouble(after.spent()) - before.percent(of) / 100 * after.seconds();
    }

    /** A span that goes on. */
    private record Stretch(long beginNanos, Spent begin, Look look) {
        private interface Look {
            Spent spent() throws IOException;
        }

        static Stretch begin(Look look) throws IOException {
            return new Stretch(System.nanoTime(), look.spent(), look);
        }

        Span end(List<Browsers.Arrival> arrivals) throws IOException {
            return new Span((System.nanoTime() - beginNanos) / 1e9, look.spent().since(begin), arrivals);
        }
    }
}
