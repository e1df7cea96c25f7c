package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the publish script costs beside the bare commands that it stands for. All of them carry the same bytes to the same
 * users over the same connection, {@value #AT_ONCE} under way, and each user has one subscriber. They take turns, so that a
 * slow moment of the machine is not one contender's.
 */
final class PublishBench {
    private static final int AT_ONCE = 100;
    private static final int ROUNDS = 3;
    private static final Duration ROUND_MAX = Duration.ofSeconds(60);
    /** 64 bytes with the quotes. */
    private static final String DATA = "\"" + "x".repeat(62) + "\"";

    private static final String INBOX_ITEMS = "100";
    /** Place of XADD + PUBLISH among the contenders. */
    private static final int LOGGED = 3;

    private final int users;
    private final int callsPerRound;
    /** Calls of the bare script; no two have an id in common. Confined to the event loop. */
    private int scriptCalls;

    /** @param calls of each kind */
    record Options(int users, int calls) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--calls");
            // With fewer calls, the quick commands are over before the kernel's account of their CPU is worth anything.
            return new Options(
                    given.number("--users", 20_000, 100, 200_000), given.number("--calls", 300_000, 300, 1_000_000));
        }
    }

    PublishBench(Options options) {
        this.users = options.users();
        this.callsPerRound = options.calls() / ROUNDS;
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        int port = workbench.startRedis();
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        Publishing publishing = Publishing.open(vertx, loop, port);
        try (RedisMeter redis = new RedisMeter(port)) {
            List<String> channels = IntStream.range(0, users)
                    .mapToObj(user -> publishing.keys().live(Publishing.user(user)))
                    .toList();
            List<Contender> contenders;
            int itemBytes;
            try (DeafSubscriber subscriber = new DeafSubscriber(port)) {
                subscriber.subscribe(channels, redis);
                loop.await("a first publication", ROUND_MAX, () -> publishing.publish(Publishing.user(0), DATA));
                String item = redis.command("LINDEX", publishing.keys().kept(Publishing.user(0)), "0");
                itemBytes = item.length();
                RecordedScript script = RecordedScript.record(port, loop, publishing, DATA);
                contenders = contenders(publishing, item, script);
                for (int round = -1; round < ROUNDS; round++) {
                    for (Contender contender : contenders) {
                        measure(loop, redis, contender, round >= 0);
                    }
                }
            }
            InboxMemory memory = InboxMemory.measure(loop, redis, publishing, users, List.of(DATA.length(), itemBytes));
            return outcome(contenders, memory, itemBytes);
        }
    }

    private List<Contender> contenders(Publishing publishing, String text, RecordedScript script) {
        Buffer item = Buffer.buffer(text);
        return List.of(
                new Contender("PUBLISH", List.of("publish"), call -> bare(publishing, user(call), item)),
                new Contender("RPUSH", List.of("rpush"), call -> publishing
                        .link()
                        .send(Request.cmd(Command.RPUSH).arg(key("list:", call)).arg(item))),
                new Contender("XADD", List.of("xadd"), call -> add(publishing, "stream:", call, item)),
                new Contender(
                        "XADD + PUBLISH",
                        List.of("xadd", "publish"),
                        call -> Future.all(add(publishing, "logged:", call, item), bare(publishing, user(call), item))),
                new Contender("publish script", List.of("evalsha"), call -> publishing
                        .link()
                        .send(script.call(user(call), scriptCalls++))
                        .compose(PublishBench::requireFresh)),
                new Contender("broker's publish", List.of("evalsha"), call -> publishing.publish(user(call), DATA)),
                new Contender(
                        "broker's, to one user",
                        List.of("evalsha"),
                        call -> publishing.publish(Publishing.user(0), DATA)));
    }

    /** The script answers 'position duplicate ...' for each; repeats would cost next to nothing. */
    private static Future<Response> requireFresh(Response answer) {
        return answer.get(0).toString().split(" ", 3)[1].equals("0")
                ? Future.succeededFuture(answer)
                : Future.failedFuture("the script took a publication for a repeat");
    }

    private Channel user(int call) {
        return Publishing.user(call % users);
    }

    private String key(String family, int call) {
        return Publishing.PREFIX + "bench:" + family + call % users;
    }

    private static Future<?> bare(Publishing publishing, Channel channel, Buffer item) {
        return publishing
                .link()
                .send(Request.cmd(Command.PUBLISH)
                        .arg(publishing.keys().live(channel))
                        .arg(item));
    }

    /** With the cap that the script keeps to, as loosely as Redis likes. */
    private Future<?> add(Publishing publishing, String family, int call, Buffer item) {
        return publishing
                .link()
                .send(Request.cmd(Command.XADD)
                        .arg(key(family, call))
                        .arg("MAXLEN")
                        .arg("~")
                        .arg(INBOX_ITEMS)
                        .arg("*")
                        .arg("item")
                        .arg(item));
    }

    private void measure(Loop loop, RedisMeter redis, Contender contender, boolean counts)
            throws IOException, InterruptedException {
        redis.command("CONFIG", "RESETSTAT");
        long cpu = redis.cpuMicros();
        long start = System.nanoTime();
        loop.await(contender.name(), ROUND_MAX, () -> Pipeline.run(callsPerRound, AT_ONCE, contender.call()));
        long nanos = System.nanoTime() - start;
        long cpuMicros = redis.cpuMicros() - cpu;
        long commandMicros = 0;
        for (String command : contender.commands()) {
            commandMicros += redis.commandMicros(command);
        }
        if (counts) {
            contender.add(callsPerRound, nanos, cpuMicros, commandMicros);
        }
    }

    private Outcome outcome(List<Contender> contenders, InboxMemory memory, int itemBytes) {
        Contender bare = contenders.get(0);
        Contender logged = contenders.get(LOGGED);
        Table table = new Table(
                "%s users with a subscriber each, %s calls of each kind, %d at once, items of %d bytes"
                        .formatted(
                                Table.number(users), Table.number((long) callsPerRound * ROUNDS), AT_ONCE, itemBytes),
                "",
                "calls/s",
                "CPU us/call",
                "command us",
                "CPU : " + bare.name(),
                "CPU : " + logged.name(),
                "bytes/user",
                ": stream");
        JsonObject calls = new JsonObject();
        for (Contender contender : contenders) {
            double toBare = contender.cpuMicrosPerCall() / bare.cpuMicrosPerCall();
            double toLogged = contender.cpuMicrosPerCall() / logged.cpuMicrosPerCall();
            table.add(
                    contender.name(),
                    Table.number(Math.round(contender.callsPerSecond())),
                    Table.number(contender.cpuMicrosPerCall(), 2),
                    Table.number(contender.commandMicrosPerCall(), 2),
                    Table.number(toBare, 2),
                    Table.number(toLogged, 2),
                    "",
                    "");
            calls.put(
                    contender.name(),
                    new JsonObject()
                            .put("perSecond", Math.round(contender.callsPerSecond()))
                            .put("cpuMicros", Outcome.rounded(contender.cpuMicrosPerCall()))
                            .put("commandMicros", Outcome.rounded(contender.commandMicrosPerCall()))
                            .put("cpuToPublish", Outcome.rounded(toBare))
                            .put("cpuToXaddAndPublish", Outcome.rounded(toLogged)));
        }
        memory.addTo(table);
        JsonObject json = new JsonObject()
                .put("bench", "publish")
                .put("users", users)
                .put("callsOfEachKind", callsPerRound * ROUNDS)
                .put("atOnce", AT_ONCE)
                .put("itemBytes", itemBytes)
                .put("calls", calls)
                .put("inboxes", memory.json());
        return new Outcome(table, json, true);
    }
}
