package fanfare.gateway.feed;

import fanfare.broker.AppendCall;
import fanfare.broker.Draft;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Two publishers, two gateways, some pages, a master with a lagging replica and sometimes an old master that was cut off,
 * all in one thread. What happens is a list of numbers: each is one step, whose meaning does not depend on the others, so
 * that a history that breaks a rule can be shortened.
 */
final class ModelWorld {
    /** How long channels are kept after their last publication [ms]; tiny, but for the margins of the rules. */
    static final long KEPT_MS = 150_000;
    /** {@code min-replicas-max-lag} [ms]. */
    static final long LAG_MS_MAX = 10_000;
    /** How often the master is looked for [ms]. */
    private static final long LOOK_MS = 10_000;

    /** Clocks are closer than a fail-over takes. */
    private static final int SKEW_MS = 400;

    private static final int FAIL_OVER_MS = 1_000;

    private static final long TTL_MS = Duration.ofHours(1).toMillis();
    private static final String[] USERS = {"alice", "bob"};
    private static final List<Channel> CHANNELS =
            List.of(Channel.user("alice"), Channel.user("bob"), Channel.BROADCAST);

    /** What a site published, and what it was told. */
    static final class Publication {
        private final Draft draft;
        /** Moments: see {@link ModelWorld#moment}. */
        private final long published;

        private final long madeMs;
        private boolean acknowledged;
        private long serverMs;
        /** When a master first took it: whoever was told of a gap before that was not told of this one. */
        private @Nullable Long appended;

        private boolean excused;

        private Publication(Draft draft, long published, long madeMs) {
            this.draft = draft;
            this.madeMs = madeMs;
            this.published = published;
        }

        Draft draft() {
            return draft;
        }

        long published() {
            return published;
        }

        boolean isAcknowledged() {
            return acknowledged;
        }

        long appended() {
            return appended == null ? Long.MAX_VALUE : appended;
        }

        /** When Redis took it, on the clock of the master that did [ms]. */
        long serverMs() {
            return serverMs;
        }

        void acknowledged(long takenMs) {
            if (!acknowledged) {
                acknowledged = true;
                serverMs = takenMs;
            }
        }

        /** Its publisher died inside its window, so a fail-over may have lost it. */
        boolean isExcused() {
            return excused;
        }
    }

    /** What happened, for whoever has to understand a broken rule. */
    final List<String> story = new ArrayList<>();

    private final boolean telling;
    private final SplittableRandom openings;

    long nowMs = 1_000_000_000;
    final int cap;

    private final List<ModelPublisher> publishers = new ArrayList<>();
    private final List<ModelGateway> gateways = new ArrayList<>();
    private final List<ModelBrowser> browsers = new ArrayList<>();
    private final List<Publication> publications = new ArrayList<>();
    /** By tag and position, what it was given to. */
    private final Map<String, String> issued = new HashMap<>();

    private ModelServer master;
    private @Nullable ModelServer replica;
    /** Cut off from the others, which have promoted the replica. */
    private @Nullable ModelServer formerMaster;

    private long formerSinceMs;
    /** A server that is down and will follow the master once it is back. */
    private @Nullable ModelServer spare;

    private long moments;
    private boolean lagging;
    private int replids;
    private long masterChangedMs = Long.MIN_VALUE / 2;

    /** {@code telling} has it write down what happens. */
    ModelWorld(SplittableRandom random, boolean telling) {
        this.telling = telling;
        this.cap = 3 + random.nextInt(4);
        this.openings = random.split();
        master = new ModelServer(this, random.nextInt(-SKEW_MS, SKEW_MS));
        replica = new ModelServer(this, random.nextInt(-SKEW_MS, SKEW_MS));
        for (int i = 0; i < 2; i++) {
            publishers.add(new ModelPublisher(this, i));
            gateways.add(new ModelGateway(this, i));
        }
        gateways.forEach(ModelGateway::stepAll);
        for (int i = 0; i < 4; i++) {
            browsers.add(new ModelBrowser(this, USERS[i % 2], i != 3));
        }
    }

    /** The users share a bucket, as many users do. */
    static String tag(Channel channel) {
        return channel.kind() == Channel.Kind.USER ? "b" : "broadcast";
    }

    String newReplid() {
        masterChangedMs = nowMs;
        return "replid-" + ++replids;
    }

    boolean wasFailOverLately() {
        return nowMs - masterChangedMs < 2 * DeliveredIds.REPEAT_MS_MAX;
    }

    /** Tells earlier from later within a millisecond. */
    long moment() {
        return ++moments;
    }

    /** What is added to a new generation. */
    int openingNumber() {
        return openings.nextInt(AppendCall.OPENING_NUMBERS);
    }

    void tell(Supplier<String> what) {
        if (telling) {
            story.add("%4d s  %s".formatted(nowMs / 1_000 - 1_000_000, what.get()));
        }
    }

    void check(boolean condition, Supplier<String> rule) {
        if (!condition) {
            throw new AssertionError(rule.get());
        }
    }

    void issued(Draft draft, Position position) {
        String id = draft.channel() + " " + draft.id();
        String before = issued.putIfAbsent(draft.tag() + " " + position, id);
        check(before == null, () -> position + " was given to " + before + " and to " + id);
        publications.stream()
                .filter(publication -> publication.draft().id().equals(draft.id()) && publication.appended == null)
                .forEach(publication -> publication.appended = moment());
    }

    void excuse(String id) {
        publications.stream()
                .filter(publication -> publication.draft().id().equals(id))
                .forEach(publication -> publication.excused = true);
    }

    /** So long ago that gateways may have forgotten it: its publisher was cut off for minutes before it could replay it. */
    boolean isOld(String id) {
        return publications.stream()
                .anyMatch(publication -> publication.draft().id().equals(id)
                        && nowMs - publication.madeMs > DeliveredIds.REPEAT_MS_MAX - 20_000);
    }

    @Nullable
    ModelServer masterFor(boolean cutOff) {
        if (cutOff) {
            return formerMaster;
        }
        return master.alive ? master : null;
    }

    boolean isReplicated(ModelServer server) {
        return server == master && replica != null;
    }

    /** Whether a server takes itself for the master. */
    boolean isMaster(ModelServer server) {
        return server == master || server == formerMaster;
    }

    void step(long code) {
        SplittableRandom random = new SplittableRandom(code);
        nowMs += random.nextInt(40);
        ModelPublisher publisher = publishers.get(random.nextInt(2));
        ModelGateway gateway = gateways.get(random.nextInt(2));
        ModelBrowser browser = browsers.get(random.nextInt(browsers.size()));
        int what = random.nextInt(100);
        if (what < 18) {
            Publication made = publication(CHANNELS.get(random.nextInt(CHANNELS.size())));
            tell(() -> made.draft().id() + " to " + made.draft().channel());
            publisher.publish(made);
            publisher.step(random.nextInt(20) == 0);
        } else if (what < 22) {
            // A caller that tries again, perhaps through the other publisher, perhaps what is long acknowledged.
            int number = publications.size() - 1 - random.nextInt(3);
            if (number >= 0 && nowMs - publications.get(number).madeMs < DeliveredIds.REPEAT_MS_MAX / 2) {
                publisher.publish(publications.get(number));
            }
        } else if (what < 30) {
            publisher.step(random.nextInt(20) == 0);
        } else if (what < 58) {
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                gateway.connect();
                gateway.step(random.nextInt(4));
            }
        } else if (what < 66) {
            if (browser.isConnected()) {
                browser.read(random.nextInt(1, 6));
            } else {
                browser.connect(gateway);
            }
        } else if (what < 71) {
            browser.read(random.nextInt(5));
            browser.disconnect();
        } else if (what < 73) {
            browser.renewToken();
        } else if (what < 83) {
            pass(random.nextInt(8) == 0 ? random.nextInt(20, 90) : random.nextInt(1, 4), random);
        } else if (what < 87) {
            gateway.lose();
        } else if (what < 90) {
            lagging = !lagging;
        } else if (what < 93) {
            kill();
        } else if (what < 96) {
            partition(random);
        } else if (what < 98) {
            reunite();
        } else if (what < 99) {
            restartEmpty();
        } else {
            publisher.kill();
        }
    }

    /** Everything is mended, and time enough passes for everything to be over. */
    void settle() {
        reunite();
        lagging = false;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 130; i++) {
            pass(1, random);
            gateways.forEach(ModelGateway::stepAll);
            for (ModelBrowser browser : browsers) {
                if (!browser.isConnected()) {
                    browser.connect(gateways.get(i % 2));
                }
            }
            gateways.forEach(ModelGateway::stepAll);
            browsers.forEach(browser -> browser.read(Integer.MAX_VALUE));
        }
        gateways.forEach(ModelGateway::compareAll);
        gateways.forEach(ModelGateway::stepAll);
        browsers.forEach(browser -> browser.read(Integer.MAX_VALUE));
        browsers.forEach(browser -> browser.checkNothingIsMissing(publications));
    }

    private Publication publication(Channel channel) {
        String id = "p" + publications.size();
        Draft draft = new Draft(channel, tag(channel), id, id + " /n", Buffer.buffer("{"), TTL_MS);
        Publication made = new Publication(draft, moment(), nowMs);
        publications.add(made);
        return made;
    }

    private void pass(int seconds, SplittableRandom random) {
        for (int i = 0; i < seconds; i++) {
            nowMs += 1_000;
            boolean beat = nowMs / 1_000 % 3 == 0;
            if (!lagging && replica != null) {
                master.replicate(replica, Integer.MAX_VALUE);
            }
            if (!master.alive && replica != null && random.nextInt(3) == 0) {
                promote();
            }
            if (spare != null && formerMaster == null && replica == null && master.alive) {
                follow(spare);
                spare = null;
            }
            for (ModelPublisher publisher : publishers) {
                leaveFormer(
                        publisher.cutOff,
                        formerMaster != null && publisher.isConnectedTo(formerMaster),
                        publisher::lose);
                if (beat) {
                    publisher.prove();
                }
                for (int tries = 0; tries < 200 && !publisher.isIdle(); tries++) {
                    publisher.step(false);
                }
            }
            for (ModelGateway gateway : gateways) {
                leaveFormer(gateway.cutOff, formerMaster != null && gateway.isConnectedTo(formerMaster), gateway::lose);
                if (beat) {
                    gateway.probe();
                }
                gateway.tick();
                if (random.nextInt(4) > 0) {
                    gateway.stepAll();
                }
                if (nowMs / 1_000 % 60 == 0) {
                    gateway.compareAll();
                }
            }
        }
    }

    private void leaveFormer(boolean cutOff, boolean connected, Runnable lose) {
        if (connected && !cutOff && nowMs - formerSinceMs >= LOOK_MS) {
            lose.run();
        }
    }

    private void kill() {
        if (master.alive && formerMaster == null && replica != null) {
            tell(() -> "master dies");
            master.alive = false;
            loseAll(master);
        }
    }

    private void promote() {
        ModelServer promoted = replica;
        if (promoted != null) {
            nowMs += FAIL_OVER_MS;
            tell(() -> "replica promoted");
            promoted.promote(master);
            spare = master;
            master = promoted;
            replica = null;
        }
    }

    private void partition(SplittableRandom random) {
        ModelServer promoted = replica;
        if (master.alive && formerMaster == null && promoted != null) {
            tell(() -> "network falls apart, replica promoted");
            formerMaster = master;
            formerMaster.aloneSinceMs = nowMs;
            formerSinceMs = nowMs;
            nowMs += FAIL_OVER_MS;
            promoted.promote(master);
            master = promoted;
            replica = null;
            publishers.forEach(publisher -> publisher.cutOff = random.nextBoolean());
            gateways.forEach(gateway -> gateway.cutOff = random.nextBoolean());
            // Who is on the wrong side of the network loses the connection, if it had one to the other side.
        }
    }

    private void reunite() {
        publishers.forEach(publisher -> publisher.cutOff = false);
        gateways.forEach(gateway -> gateway.cutOff = false);
        ModelServer former = formerMaster;
        if (former != null) {
            tell(() -> "network is whole again");
            loseAll(former);
            formerMaster = null;
            former.aloneSinceMs = null;
            follow(former);
        }
        if (!master.alive && replica != null) {
            promote();
        }
    }

    private void follow(ModelServer server) {
        server.alive = true;
        server.follow(master);
        replica = server;
    }

    private void restartEmpty() {
        if (master.alive && formerMaster == null) {
            tell(() -> "master restarts empty");
            loseAll(master);
            nowMs += FAIL_OVER_MS;
            master.restartEmpty();
            if (replica != null) {
                replica.follow(master);
            }
        }
    }

    private void loseAll(ModelServer server) {
        publishers.stream().filter(each -> each.isConnectedTo(server)).forEach(ModelPublisher::lose);
        gateways.stream().filter(each -> each.isConnectedTo(server)).forEach(ModelGateway::lose);
    }
}
