package fanfare.redis;

import fanfare.check.Report;
import fanfare.config.ClusterSeeds;
import fanfare.config.RedisConfig;
import fanfare.config.Sentinels;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Tries the Redis that the settings name, and looks whether it is one to rely on. */
public final class RedisCheck {
    private static final String REDIS = "Redis";
    private static final int MAJOR_MIN = 6;
    private static final int MINOR_MIN = 2;
    /** Of a cluster: that which has sharded pub/sub. */
    private static final int CLUSTER_MAJOR_MIN = 7;

    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\..*");
    private static final int PROOF_MS = 1_000;

    private final RedisConfig config;
    private final boolean replicated;
    private final Report report;
    private final boolean isCluster;

    RedisCheck(RedisConfig config, boolean replicated, Report report) {
        this.config = config;
        this.replicated = replicated;
        this.report = report;
        this.isCluster = ClusterSeeds.parse(config.url()) != null;
    }

    /**
     * Reports what there is; never fails.
     *
     * @param replicated whether the process relies on replicas, whatever Redis has
     */
    public static Future<Void> run(Vertx vertx, RedisConfig config, boolean replicated, Report report) {
        return new RedisCheck(config, replicated, report).run(Shards.of(vertx, config));
    }

    private Future<Void> run(Shards shards) {
        return shards.refresh()
                .compose(known -> {
                    if (shards.slots().shards().isEmpty()) {
                        report.error(REDIS, "a cluster that does not serve all of its slots: give them to its servers");
                    }
                    return Future.all(shards.slots().shards().stream()
                                    .map(this::ask)
                                    .toList())
                            .<Void>mapEmpty();
                })
                .otherwise(this::unreachable);
    }

    private Void unreachable(Throwable failure) {
        report.error(REDIS, "cannot be reached, correct FANFARE_REDIS_URL or start it: " + failure.getMessage());
        return null;
    }

    private Future<Void> ask(Shard shard) {
        Masters masters = shard.masters();
        return masters.locate().compose(where -> ask(masters, where, shard)).otherwise(this::unreachable);
    }

    private Future<Void> ask(Masters masters, String where, Shard shard) {
        String proof = new Keys(config.prefix()).publisher(shard, "check-config");
        return masters.once(where, connection -> connection.send(Request.cmd(Command.INFO)))
                .map(info -> {
                    report.ok(REDIS, "reached at " + where.replaceFirst(".*?//(?:.*@)?([^@/]+).*", "$1"));
                    return judge(info.toString());
                })
                .compose(master -> !master
                        ? Future.succeededFuture()
                        : masters.once(
                                        where,
                                        connection -> connection.send(Request.cmd(Command.SET)
                                                .arg(proof)
                                                .arg(1)
                                                .arg("PX")
                                                .arg(PROOF_MS)))
                                .onSuccess(done -> report.ok(REDIS, "takes writes"))
                                .otherwise(failure -> {
                                    report.error(REDIS, "does not take writes: " + failure.getMessage());
                                    return null;
                                }))
                .mapEmpty();
    }

    /** Judges what INFO says; returns whether it is a master that may be written to. */
    boolean judge(String text) {
        Map<String, String> info = text.lines()
                .filter(line -> line.indexOf(':') > 0)
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(':')),
                        line -> line.substring(line.indexOf(':') + 1).strip(),
                        (first, second) -> first));
        version(info.getOrDefault("redis_version", "unknown"));
        if (info.getOrDefault("redis_mode", "").equals("cluster") && !isCluster) {
            report.error(REDIS, "is a server of a Redis Cluster: name some of its servers with redis-cluster://");
            return false;
        }
        String policy = info.getOrDefault("maxmemory_policy", "unknown");
        if (policy.equals("noeviction")) {
            report.ok(REDIS, "maxmemory-policy noeviction");
        } else {
            report.warning(
                    REDIS,
                    "maxmemory-policy " + policy + ": what is kept for users may be thrown away; set it to noeviction");
        }
        if (!info.getOrDefault("role", "").equals("master")) {
            report.error(
                    REDIS,
                    "is a replica of %s, port %s; name the master, or the sentinels that know it"
                            .formatted(info.get("master_host"), info.get("master_port")));
            return false;
        }
        replicas(
                Integer.parseInt(info.getOrDefault("connected_slaves", "0")),
                info.get("min_slaves_good_slaves") != null);
        return true;
    }

    private void version(String version) {
        Matcher matcher = VERSION.matcher(version);
        boolean enough = false;
        if (matcher.matches()) {
            int major = Integer.parseInt(matcher.group(1));
            enough = major >= CLUSTER_MAJOR_MIN
                    || (!isCluster && major == MAJOR_MIN && Integer.parseInt(matcher.group(2)) >= MINOR_MIN);
        }
        if (enough) {
            report.ok(REDIS, "version " + version);
        } else {
            report.error(
                    REDIS,
                    "version %s; it takes %s or later"
                            .formatted(version, isCluster ? CLUSTER_MAJOR_MIN + ".0" : MAJOR_MIN + "." + MINOR_MIN));
        }
    }

    private void replicas(int connected, boolean minReplicas) {
        boolean needed = replicated || isCluster || Sentinels.parse(config.url()) != null;
        if (connected == 0 && needed) {
            report.warning(REDIS, "a master without replicas: what it has is lost with it; connect one");
        } else if (connected > 0 && !minReplicas) {
            report.warning(
                    REDIS,
                    "a master that accepts what no replica gets, which a fail-over loses; set min-replicas-to-write 1 and"
                            + " min-replicas-max-lag 10");
        } else {
            report.ok(REDIS, "a master with " + connected + (connected == 1 ? " replica" : " replicas"));
        }
    }
}
