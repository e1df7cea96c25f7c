package fanfare.deploy.selftest;

import fanfare.channel.Channel;
import fanfare.deploy.selftest.client.Load;
import fanfare.deploy.selftest.rig.Pause;
import fanfare.deploy.selftest.rig.RedisCluster;
import fanfare.deploy.selftest.rig.SlotMove;
import fanfare.redis.Keys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Faults of a Redis Cluster. */
final class ShardFaults {
    /** With the prefix that is used where nobody says otherwise. */
    private static final Keys KEYS = new Keys("fanfare:");

    private static final int MOVED_USERS = 40;
    /** Far longer than it takes the others to call a server dead. */
    private static final int GONE_S = 8;

    private interface Change {
        void make(RedisCluster.Shard shard) throws IOException, InterruptedException;
    }

    private ShardFaults() {}

    static void moveSlots(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            List<SlotMove> there = stage.rig.redisCluster().moves(movedKeys(stage));
            int keys = move(stage, there);
            int keysBack = move(stage, there.stream().map(SlotMove::back).toList());
            stage.expect(Math.min(keys, keysBack) > 0, "slots that move have keys");
            stage.remark("%d slots moved with %d keys, and back with %d".formatted(there.size(), keys, keysBack));
        });
    }

    /** Of some users, and of all that gateways and publishers share. */
    private static List<String> movedKeys(Stage stage) {
        List<String> keys = new ArrayList<>(
                List.of(KEYS.fence(Channel.BROADCAST), KEYS.nodes(), KEYS.control(), KEYS.session("any")));
        for (int i = 0; i < MOVED_USERS; i++) {
            keys.add(KEYS.fence(Channel.user(Load.user(stage.random.nextInt(stage.users)))));
        }
        return keys;
    }

    private static int move(Stage stage, List<SlotMove> moves) throws IOException, InterruptedException {
        for (SlotMove move : moves) {
            move.begin();
        }
        stage.pass(1);
        int keys = 0;
        for (SlotMove move : moves) {
            keys += move.moveKeys();
        }
        stage.pass(1);
        for (SlotMove move : moves) {
            move.end();
        }
        stage.pass(1);
        return keys;
    }

    static void failOver(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            stage.rig.redisCluster().anyShard().failOver();
            stage.rig.redis().awaitReplicas();
            stage.pass(2);
        });
    }

    static void takeOver(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> loseTail(stage, RedisCluster.Shard::takeOver));
    }

    static void kill(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> loseTail(stage, RedisCluster.Shard::replaceMaster));
    }

    /** What the replica lacks is lost: who is connected has had it, who is away needs what only the publishers still have. */
    private static void loseTail(Stage stage, Change change) throws IOException, InterruptedException {
        RedisCluster.Shard shard = stage.rig.redisCluster().anyShard();
        shard.lag();
        stage.loop.run(() -> stage.crowd.drop(RedisFaults.AWAY));
        stage.pass(4);
        long lag = shard.lagBytes();
        stage.expect(lag > 0, "the replica lags");
        stage.remark("the replica lacked %,d bytes".formatted(lag));
        losingData(stage, shard, change);
        stage.pass(3);
        stage.loop.run(stage.crowd::comeBack);
        stage.pass(3);
    }

    static void pauseMaster(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> losingData(stage, stage.rig.redisCluster().anyShard(), shard -> {
            Pause pause = shard.pauseMaster();
            try {
                shard.awaitPromotion();
                stage.pass(2);
            } finally {
                pause.end();
            }
        }));
        stage.pass(3);
    }

    static void partition(Stage stage) throws IOException, InterruptedException {
        if (!Pause.canCut()) {
            stage.remark("not played: it takes iptables, and the right to use it");
            return;
        }
        stage.repeat(round -> {
            for (boolean everybody : new boolean[] {false, true}) {
                losingData(stage, stage.rig.redisCluster().anyShard(), shard -> {
                    Pause cut = shard.cutMaster(everybody);
                    try {
                        shard.awaitPromotion();
                        stage.pass(2);
                    } finally {
                        cut.end();
                    }
                });
                stage.pass(2);
            }
        });
        stage.pass(3);
    }

    static void pauseShard(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> losingData(stage, stage.rig.redisCluster().anyShard(), shard -> {
            Pause replica = shard.pauseReplica();
            try {
                Pause master = shard.pauseMaster();
                try {
                    stage.pass(GONE_S);
                } finally {
                    master.end();
                }
            } finally {
                replica.end();
            }
        }));
        stage.pass(3);
    }

    /** Until all servers agree who has the shard, one that does not know yet may take what is then lost. */
    private static void losingData(Stage stage, RedisCluster.Shard shard, Change change)
            throws IOException, InterruptedException {
        stage.losingData(meanwhile -> {
            change.make(shard);
            stage.rig.redis().awaitReplicas();
        });
    }
}
