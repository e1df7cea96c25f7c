package fanfare.deploy.selftest;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The table and the JSON line that are printed in the end.
 *
 * @param complete whether every fault was played
 */
record Report(SelftestOptions options, List<Row> rows, boolean complete) {
    private static final String HEAD =
            "fault             seconds  published  delivered  lost  told  duplicated|wire  out of order  disconnects "
                    + " longest delay";
    private static final String LINE = "%-16s %8.1f %10d %10d %5d %5d %10d|%-5d %12d %12d %12.1f s%s";

    boolean isKept() {
        return complete && rows.stream().allMatch(Row::isKept);
    }

    String table() {
        StringBuilder table = new StringBuilder(HEAD).append('\n');
        for (Row row : rows) {
            table.append(LINE.formatted(
                            row.fault().label(),
                            row.seconds(),
                            row.verdict().acknowledged(),
                            row.verdict().delivered(),
                            row.verdict().lost(),
                            row.verdict().told(),
                            row.verdict().duplicated(),
                            row.verdict().duplicatedOnWire(),
                            row.verdict().outOfOrder(),
                            row.disconnected(),
                            row.verdict().longestDelayMs() / 1_000.0,
                            row.isKept() ? "" : "  BROKEN"))
                    .append('\n');
        }
        return table.toString();
    }

    /** What is not in the table: broken promises, examples and remarks. */
    static String details(Row row) {
        StringBuilder details = new StringBuilder();
        row.broken()
                .forEach(promise ->
                        details.append("  not kept: ").append(promise).append('\n'));
        row.verdict()
                .examples()
                .forEach(example -> details.append("  ").append(example).append('\n'));
        row.remarks().forEach(remark -> details.append("  ").append(remark).append('\n'));
        if (row.disconnected() > 0) {
            details.append("  disconnects by code: ").append(row.disconnects()).append('\n');
        }
        return details.toString();
    }

    String json() {
        return new JsonObject()
                .put("command", "selftest")
                .put("ok", isKept())
                .put("redis", options.redis().label())
                .put("seed", options.seed())
                .put("connections", options.connections())
                .put("faults", new JsonArray(rows.stream().map(Row::json).toList()))
                .encode();
    }
}
