package fanfare.deploy.bench;

import fanfare.deploy.command.Arguments;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every benchmark of speed, each in a process of its own, and beside each figure what was aimed at. */
final class AllBench {
    /**
     * What is aimed at.
     *
     * @param atMost whether a figure should stay under the bound; else it should reach it
     * @param path where the benchmark's JSON has the figure
     */
    private record Target(String line, String benchmark, String unit, double bound, boolean atMost, List<String> path) {
        static Target atMost(String line, double bound, String unit, String benchmark, String... path) {
            return new Target(line, benchmark, unit, bound, true, List.of(path));
        }

        static Target atLeast(String line, double bound, String unit, String benchmark, String... path) {
            return new Target(line, benchmark, unit, bound, false, List.of(path));
        }

        double figure(JsonObject json) {
            JsonObject part = json;
            for (String name : path.subList(0, path.size() - 1)) {
                part = part.getJsonObject(name);
            }
            return part.getDouble(path.get(path.size() - 1));
        }
    }

    /** How a benchmark's line of JSON begins. */
    private static final String JSON = "{\"bench\":";

    /** In their order, with what keeps the whole of them within a quarter of an hour. */
    private static final List<List<String>> RUNS = List.of(
            List.of("memory"),
            List.of("fanout"),
            List.of("private"),
            List.of("storm"),
            List.of("multicast"),
            List.of("million", "--connections", "38000", "--seconds", "60"),
            List.of("gc", "--minutes", "1"));

    private static final List<Target> TARGETS = List.of(
            Target.atMost("idle raw WebSocket", 4_096, "resident bytes", "memory", "raw", "residentBytes"),
            Target.atMost("idle SockJS WebSocket", 4_096, "resident bytes", "memory", "sockjs", "residentBytes"),
            Target.atLeast("broadcast, raw", 0.9, "of the least's", "fanout", "raw", "toBare"),
            Target.atLeast("broadcast, SockJS", 0.9, "of the least's", "fanout", "sockjs", "toBare"),
            Target.atMost("one delivery, raw", 2, "us of user CPU", "fanout", "raw", "userMicros"),
            Target.atMost("one delivery, SockJS", 2, "us of user CPU", "fanout", "sockjs", "userMicros"),
            Target.atMost("one delivery, raw", 64, "bytes of garbage", "fanout", "raw", "garbageBytes"),
            Target.atMost("one delivery, SockJS", 64, "bytes of garbage", "fanout", "sockjs", "garbageBytes"),
            Target.atLeast("16 in flight, raw", 3, "of the least's", "fanout", "rawInFlight", "toBare"),
            Target.atLeast("16 in flight, SockJS", 3, "of the least's", "fanout", "sockjsInFlight", "toBare"),
            Target.atLeast("private, single", 2.5, "of plain's", "private", "single", "toPlain"),
            Target.atLeast("private, batches of 100", 1.2, "of plain's", "private", "batch", "toPlain"),
            Target.atMost("half load, p99, single", 25, "ms", "private", "single", "halfLoadP99Ms"),
            Target.atMost("half load, p99, batches", 25, "ms", "private", "batch", "halfLoadP99Ms"),
            Target.atLeast("connects, answer kept", 10_000, "for a CPU second", "storm", "kept", "perCpuSecond"),
            Target.atMost("storm, others' p99", 1_000, "ms", "storm", "othersMeanwhile", "p99Ms"),
            Target.atMost(
                    "multicast, Redis CPU", 1 / 3.0, "of one caller's", "multicast", "multicast", "cpuToOneCaller"),
            Target.atMost(
                    "multicast, Redis CPU",
                    1 / 3.0,
                    "of %d callers'".formatted(MulticastBench.CALLERS),
                    "multicast",
                    "multicast",
                    "cpuToSingles"),
            Target.atMost("multicast, bytes", 1 / 20.0, "of singles'", "multicast", "multicast", "bytesToSingles"),
            Target.atMost("multicast, last browser", 300, "ms", "multicast", "multicast", "lastBrowserMs"),
            Target.atMost("a million, kernel included", 24, "GiB", "million", "millionGib"),
            Target.atMost("idle CPU with heartbeats", 1.5, "of the loop's", "million", "idleToBare"),
            Target.atMost("the same without compilers", 1.5, "of the loop's", "million", "idleToBareWithoutCompilers"),
            Target.atMost("longest pause", 20, "ms", "gc", "longestMs"));

    private final List<List<String>> runs;

    /** @param only these benchmarks; empty for all */
    record Options(List<String> only) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            List<String> only = new Arguments(arguments, "--only").words("--only");
            List<String> names = RUNS.stream().map(run -> run.get(0)).toList();
            for (String name : only) {
                if (!names.contains(name)) {
                    throw new IllegalArgumentException(
                            "--only is '%s': it takes some of %s".formatted(name, String.join(" ", names)));
                }
            }
            return new Options(only);
        }
    }

    AllBench(Options options) {
        this.runs = RUNS.stream()
                .filter(run -> options.only().isEmpty() || options.only().contains(run.get(0)))
                .toList();
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Table table = new Table("all benchmarks of speed", "", "figure", "target", "", ": target");
        JsonObject json = new JsonObject().put("bench", "all");
        boolean complete = true;
        for (List<String> run : runs) {
            String name = run.get(0);
            Progress.say(String.join(" ", run));
            Workbench.Ended ended = workbench.runBenchmark(run);
            complete &= ended.code() == 0;
            JsonObject found = json(ended.printed());
            if (found == null) {
                table.add(name + " ended with exit code " + ended.code(), "", "", "", "");
                continue;
            }
            json.put(name, found);
            rows(name, found).forEach(row -> table.add(row.toArray(String[]::new)));
        }
        return new Outcome(table, json, complete);
    }

    /** What a benchmark found, beside what was aimed at: a row for each target. */
    static List<List<String>> rows(String benchmark, JsonObject found) {
        return TARGETS.stream()
                .filter(target -> target.benchmark().equals(benchmark))
                .map(target -> row(target, target.figure(found)))
                .toList();
    }

    private static List<String> row(Target target, double figure) {
        return List.of(
                target.line(),
                number(figure),
                (target.atMost() ? "<= " : ">= ") + number(target.bound()),
                target.unit(),
                Table.number(figure / target.bound(), 2));
    }

    private static String number(double value) {
        return Table.number(value, value >= 100 ? 0 : value >= 1 ? 1 : 3);
    }

    /** The line of JSON among what a benchmark printed; null if there is none. */
    private static @Nullable JsonObject json(List<String> printed) {
        return printed.stream()
                .filter(line -> line.startsWith(JSON))
                .map(JsonObject::new)
                .findFirst()
                .orElse(null);
    }
}
