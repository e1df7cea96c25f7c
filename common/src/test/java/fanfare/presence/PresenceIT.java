package fanfare.presence;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.RedisConfig;
import fanfare.process.Ticker;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class PresenceIT {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration REFRESH = Duration.ofMillis(150);
    /** Longer than any test, so that what it sees is the grace itself and not how quick the machine is. */
    private static final PresenceLimits LONG_GRACE = limits(NEVER, NEVER, Duration.ofMillis(100));

    private static final PresenceLimits SHORT_GRACE = limits(NEVER, Duration.ofMillis(400), Duration.ofMillis(100));
    private static final PresenceLimits NO_COUNTS = limits(NEVER, NEVER, NEVER);
    /** A machine that is busy for longer than the lease has its gateways taken for dead. */
    private static final PresenceLimits SHORT_LEASE =
            limits(Duration.ofMillis(1_500), Duration.ofMillis(400), Duration.ofMillis(100));

    private static final String ALICE = "alice|a";
    private static final String BUCKET = Buckets.tagOf(ALICE);

    private Vertx vertx;
    private Context loop;
    private RedisConfig config;
    private Keys keys;
    private RedisLinks redis;
    private PresenceReader reader;
    private final List<RedisLinks> links = new ArrayList<>();
    private int incarnations;

    /** A gateway as far as presence goes, with a link of its own. */
    private final class Node {
        final List<String> incarnations = new ArrayList<>();
        final Map<String, Integer> connections = new HashMap<>();
        final List<String> shared = new CopyOnWriteArrayList<>();
        final RedisLinks links;
        final PresenceWriter writer;

        Node(PresenceLimits limits) {
            Promise<PresenceWriter> made = Promise.promise();
            links = RedisLinks.open(
                    vertx,
                    Shards.of(vertx, config),
                    "presence",
                    () -> 0.5,
                    new SimpleMeterRegistry(),
                    new RedisLinks.Listener() {
                        @Override
                        public void up(RedisLink link) {
                            made.future().onSuccess(writer -> writer.linkUp(link));
                        }
                    });
            writer = new PresenceWriter(
                    links,
                    keys,
                    limits,
                    this::incarnation,
                    () -> new NodeState("n", "127.0.0.1:7081", 0, 0, true, false, "test"),
                    () -> {},
                    shared::add,
                    new SimpleMeterRegistry());
            writer.start(Ticker.start(vertx, Duration.ofMillis(50)));
            made.complete(writer);
            PresenceIT.this.links.add(links);
        }

        private String incarnation() {
            incarnations.add(keys.incarnation("inc" + PresenceIT.this.incarnations++));
            return incarnations.get(incarnations.size() - 1);
        }

        void open(String user) throws Exception {
            connections.merge(user, 1, Integer::sum);
            run(() -> writer.opened(user));
        }

        void close(String user) throws Exception {
            connections.merge(user, -1, Integer::sum);
            run(() -> writer.closed(user));
        }

        void crash() throws Exception {
            await(links::close);
        }

        /** Crashes; returns when its lease, which would last for hours, was made to end [ms]. */
        long die() throws Exception {
            crash();
            String incarnation = incarnations.get(incarnations.size() - 1);
            long end = ServerTime.msOf(redis(Command.TIME));
            redis(Command.ZADD, keys.nodes(), end, incarnation);
            redis(Command.DEL, keys.node(incarnation));
            return end;
        }

        void stop() throws Exception {
            await(writer::stop);
            await(links::close);
        }
    }

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        use(RedisServer.shared());
    }

    @AfterEach
    void close() throws Exception {
        await(() -> Future.join(links.stream().map(RedisLinks::close).toList()).mapEmpty());
    }

    @Test
    void aUserIsOnlineWithTheConnectionsOfAllGateways() throws Exception {
        assertThat(alice()).isEqualTo(new UserPresence(ALICE, false, 0, 0, null, null));
        Node one = node(LONG_GRACE);
        Node two = node(LONG_GRACE);
        one.open(ALICE);
        UserPresence first = alice(seen -> seen.connections() == 1);
        assertThat(first.online()).isTrue();
        assertThat(first.since()).isNotNull().isLessThanOrEqualTo(first.lastSeen());

        two.open(ALICE);
        two.open(ALICE);
        UserPresence both = alice(seen -> seen.connections() == 3);
        assertThat(both.nodes()).isEqualTo(2);
        assertThat(both.since()).isEqualTo(first.since());

        one.close(ALICE);
        assertThat(alice(seen -> seen.nodes() == 1).connections()).isEqualTo(2);
        assertThat(events(ALICE)).containsExactly("online");
    }

    @Test
    void aGatewayHearsOfMoreConnectionsOfUsersWhomOthersHoldAsWell() throws Exception {
        Crowd crowd = new Crowd(vertx, redis, keys);
        Node one = node(LONG_GRACE);
        Node two = node(LONG_GRACE);
        one.open(ALICE);
        one.open(ALICE);
        one.open("bob");
        two.open("carol");
        alice(seen -> seen.connections() == 2);
        eventually(() -> reader.online(List.of("bob", "carol")), seen -> !seen.containsValue(false));
        assertThat(one.shared).isEmpty();
        two.open(ALICE);
        alice(seen -> seen.connections() == 3);
        one.open(ALICE);
        eventually(() -> crowd.count(ALICE), count -> count == 4);
        one.close(ALICE);
        eventually(() -> crowd.count(ALICE), count -> count == 3);
        assertThat(one.shared).containsExactly(ALICE);
        assertThat(two.shared).containsExactly(ALICE);

        String first = one.incarnations.get(0);
        String second = two.incarnations.get(0);
        assertThat(await(() -> crowd.tell(ALICE, "call", first, List.of(1L, 3L))))
                .isNull();
        Openings all = await(() -> crowd.tell(ALICE, "call", second, List.of(2L)));
        assertThat(all).isEqualTo(new Openings(Map.of(first, List.of(1L, 3L), second, List.of(2L))));
        assertThat(await(() -> crowd.tell(ALICE, "other call", second, List.of(2L))))
                .isNull();
        two.die();
        eventually(() -> crowd.count(ALICE), count -> count == 2);
        assertThat(await(() -> crowd.tell(ALICE, "call", first, List.of(1L, 3L))))
                .isEqualTo(new Openings(Map.of(first, List.of(1L, 3L))));
    }

    @Test
    void manyUsersAreAskedForAtOnceAndAnsweredInOrder() throws Exception {
        Node one = node(LONG_GRACE);
        List<String> users = IntStream.range(0, 1_000).mapToObj(i -> "user" + i).toList();
        for (int i = 0; i < 1_000; i += 2) {
            one.open(users.get(i));
        }
        Map<String, Boolean> online = eventually(
                () -> reader.online(users),
                seen -> seen.values().stream().filter(each -> each).count() == 500);
        assertThat(online.keySet()).containsExactlyElementsOf(users);
        assertThat(online.get("user0")).isTrue();
        assertThat(online.get("user1")).isFalse();
    }

    @Test
    void firstAndLastAreToldAtOnceAndCountsOncePerPeriod() throws Exception {
        Node one = node(NO_COUNTS);
        one.open(ALICE);
        alice(seen -> seen.connections() == 1);
        one.open(ALICE);
        one.open("bob");
        eventually(() -> reader.of("bob"), UserPresence::online);
        assertThat(alice().connections()).isEqualTo(1);
        one.close(ALICE);
        one.close(ALICE);
        alice(seen -> seen.connections() == 0);
    }

    @Test
    void aReloadInTheGraceMakesNoEvent() throws Exception {
        Node one = node(LONG_GRACE);
        Node two = node(LONG_GRACE);
        one.open(ALICE);
        alice(seen -> seen.connections() == 1);
        one.close(ALICE);
        UserPresence away = alice(seen -> seen.nodes() == 0);
        assertThat(away.online()).isTrue();
        assertThat(away.since()).isNull();
        assertThat(away.lastSeen()).isNotNull();
        two.open(ALICE);
        alice(seen -> seen.nodes() == 1);
        assertThat(events(ALICE)).containsExactly("online");
    }

    @Test
    void afterTheGraceAUserIsOffline() throws Exception {
        Node one = node(SHORT_GRACE);
        one.open(ALICE);
        alice(seen -> seen.connections() == 1);
        one.close(ALICE);
        UserPresence gone = alice(seen -> !seen.online());
        assertThat(gone.lastSeen()).isNotNull();
        eventually(() -> eventsOf(ALICE), seen -> seen.equals(List.of("online", "offline")));
        assertThat(alice().lastSeen()).isEqualTo(gone.lastSeen());
    }

    @Test
    void usersOfACrashedGatewayAreOfflineWithItsLeaseAndWithoutGrace() throws Exception {
        Node one = node(LONG_GRACE);
        Node two = node(LONG_GRACE);
        one.open(ALICE);
        one.open("bob");
        two.open("bob");
        alice(seen -> seen.connections() == 1);
        eventually(() -> reader.of("bob"), seen -> seen.nodes() == 2);
        long end = one.die();
        UserPresence gone = alice(seen -> !seen.online());
        assertThat(gone.lastSeen()).isEqualTo(end);
        eventually(() -> eventsOf(ALICE), seen -> seen.equals(List.of("online", "offline")));
        assertThat(alice()).isEqualTo(gone);
        assertThat(eventually(() -> reader.of("bob"), seen -> seen.nodes() == 1).online())
                .isTrue();
        eventually(() -> redis.send("", request(Command.ZRANGE, keys.nodes(), 0, -1)), left -> left.size() == 1);
    }

    @Test
    void aGraceThatALivingGatewayBeganOutlivesTheCrashOfAnother() throws Exception {
        Node one = node(LONG_GRACE);
        Node two = node(LONG_GRACE);
        one.open(ALICE);
        two.open(ALICE);
        alice(seen -> seen.nodes() == 2);
        one.die();
        two.close(ALICE);
        eventually(() -> redis.send("", request(Command.ZRANGE, keys.nodes(), 0, -1)), left -> left.size() == 1);
        assertThat(alice(seen -> seen.nodes() == 0).online()).isTrue();
        assertThat(events(ALICE)).containsExactly("online");
    }

    @Test
    void stoppingTellsOfEverybodyAndLeavesNothingToReap() throws Exception {
        Node one = node(LONG_GRACE);
        List<String> users = IntStream.range(0, 1_200).mapToObj(i -> "user" + i).toList();
        for (String user : users) {
            one.open(user);
        }
        eventually(() -> reader.online(users), online -> !online.containsValue(false));
        one.stop();
        assertThat(redis(Command.EXISTS, keys.nodes(), keys.node(one.incarnations.get(0)))
                        .toInteger())
                .isZero();
        for (String user : List.of("user0", "user600", "user1199")) {
            UserPresence left = await(() -> reader.of(user));
            assertThat(left.nodes()).isZero();
            assertThat(left.online()).isTrue();
        }
    }

    @Test
    void aGatewayTakenForDeadComesBackAsAnotherAndItsLeftoversAreReaped() throws Exception {
        Node one = node(LONG_GRACE);
        one.open(ALICE);
        UserPresence before = alice(seen -> seen.connections() == 1);
        String old = one.incarnations.get(0);
        // As if it had been reaped before it wrote of Alice.
        redis(Command.ZREM, keys.nodes(), old);
        redis(Command.SET, keys.node(old), "dead 0 other");
        eventually(() -> Future.succeededFuture(one.incarnations), each -> each.size() == 2);
        UserPresence after = alice(UserPresence::online);
        assertThat(after.since()).isEqualTo(before.since());
        eventually(
                () -> redis.send(
                        "", request(Command.HEXISTS, keys.presence(BUCKET), ALICE + "|" + one.incarnations.get(1))),
                there -> there.toInteger() == 1);
        eventually(() -> redis.send("", request(Command.HLEN, keys.presence(BUCKET))), left -> left.toInteger() == 1);
        assertThat(redis(Command.HGET, keys.online(BUCKET), ALICE).toInteger()).isEqualTo(1);
        assertThat(alice().connections()).isEqualTo(1);
        assertThat(events(ALICE)).containsExactly("online");
    }

    @Test
    void anEmptiedOrRestartedRedisIsToldOfEverybodyAgain() throws Exception {
        try (RedisServer own = RedisServer.start()) {
            use(own);
            Node one = node(LONG_GRACE);
            List<String> users =
                    IntStream.range(0, 1_200).mapToObj(i -> "user" + i).toList();
            for (String user : users) {
                one.open(user);
            }
            eventually(() -> reader.online(users), online -> !online.containsValue(false));
            redis(Command.FLUSHALL);
            eventually(() -> reader.online(users), online -> !online.containsValue(false));
            one.close("user7");
            own.restart();
            assertThat(eventually(
                            () -> reader.online(users).otherwise(Map.of()),
                            online -> online.values().stream()
                                            .filter(each -> each)
                                            .count()
                                    == 1_199))
                    .containsEntry("user7", false);
            assertThat(one.incarnations).hasSizeGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void anotherMasterIsToldWhatItLacksAndNobodyElseLooksAsIfTheyLeft() throws Exception {
        try (RedisServer own = RedisServer.start()) {
            use(own);
            Node one = node(LONG_GRACE);
            one.open(ALICE);
            one.open("bob");
            eventually(() -> reader.online(List.of(ALICE, "bob")), online -> !online.containsValue(false));
            // As if it had been promoted before it heard that Bob came and Carol left.
            String incarnation = one.incarnations.get(0);
            String bobs = Buckets.tagOf("bob");
            redis(Command.HDEL, keys.presence(bobs), "bob|" + incarnation);
            redis(Command.HDEL, keys.online(bobs), "bob");
            // Of the bucket that is looked at first.
            String carol = IntStream.iterate(0, number -> number + 1)
                    .mapToObj(number -> "carol" + number)
                    .filter(name -> Buckets.tagOf(name).equals(Buckets.tag(0)))
                    .findFirst()
                    .orElseThrow();
            redis(Command.HSET, keys.presence(Buckets.tag(0)), carol + "|" + incarnation, "1000 1");
            redis(Command.HSET, keys.online(Buckets.tag(0)), carol, 1);
            redis(Command.REPLICAOF, "127.0.0.1", 1);
            redis(Command.REPLICAOF, "NO", "ONE");
            redis(Command.CLIENT, "KILL", "TYPE", "normal");
            Set<String> here = Set.of(ALICE, "bob");
            for (String user : List.of(ALICE, "bob", carol)) {
                eventually(
                        () -> reader.of(user).otherwise(new UserPresence(user, false, -1, -1, null, null)),
                        seen -> seen.nodes() == (here.contains(user) ? 1 : 0));
            }
            assertThat(events(ALICE)).containsExactly("online");
            assertThat(one.incarnations).hasSize(1);
        }
    }

    @Test
    void anOutageLongerThanTheLeasesMakesNobodyOffline() throws Exception {
        PresenceLimits patient = new PresenceLimits(
                NEVER, REFRESH, Duration.ofMillis(1), Duration.ofMillis(100), NEVER, Duration.ofSeconds(1), 1_024);
        Node one = node(patient);
        Node two = node(patient);
        one.open(ALICE);
        two.open("bob");
        alice(UserPresence::online);
        eventually(() -> reader.of("bob"), UserPresence::online);
        String[] leases = {keys.node(one.incarnations.get(0)), keys.node(two.incarnations.get(0))};
        long now = ServerTime.msOf(redis(Command.TIME));
        redis(Command.ZADD, keys.nodes(), now, one.incarnations.get(0), now, two.incarnations.get(0));
        redis(Command.DEL, leases[0], leases[1]);

        eventually(
                () -> redis.send("", request(Command.ZCOUNT, keys.nodes(), now + 1, "+inf")),
                renewed -> renewed.toInteger() == 2);
        assertThat(alice().online()).isTrue();
        assertThat(events(ALICE)).containsExactly("online");
        assertThat(events("bob")).containsExactly("online");
        assertThat(one.incarnations).hasSize(1);
        assertThat(two.incarnations).hasSize(1);
    }

    @Test
    void aReaperThatDiedIsReplacedAndALivingGatewayIsNeverReaped() throws Exception {
        ghost("alive", "carol", "{}");
        long now = ServerTime.msOf(redis(Command.TIME));
        ghost("ghost", ALICE, "dead " + (now + 1_000) + " reaper");
        node(LONG_GRACE);
        eventually(() -> eventsOf(ALICE), seen -> seen.equals(List.of("offline")));
        eventually(
                () -> redis.send("", request(Command.ZCOUNT, keys.nodes(), "-inf", now)),
                left -> left.toInteger() == 1);
        assertThat(redis(Command.HGET, keys.online(Buckets.tagOf("carol")), "carol")
                        .toInteger())
                .isEqualTo(1);
        assertThat(redis(Command.GET, keys.node("ghost")).toString()).startsWith("dead ");
    }

    @Test
    void aBucketThatCannotBeReapedKeepsNoneOfTheOthersFromIt() throws Exception {
        String broken = keys.presence(Buckets.tag(0));
        redis(Command.SET, broken, "of another type");
        // The user's bucket is looked at later.
        ghost("ghost", "carol", "dead 1000 reaper");
        node(LONG_GRACE);
        eventually(() -> eventsOf("carol"), seen -> seen.equals(List.of("offline")));
        assertThat(redis(Command.ZSCORE, keys.nodes(), "ghost"))
                .as("it is tried again")
                .isNotNull();
        redis(Command.DEL, broken);
        eventually(() -> redis.send("", request(Command.ZSCORE, keys.nodes(), "ghost")), left -> left == null);
    }

    @Test
    void eventsAlternateAndReadersAreRightWhateverDies() throws Exception {
        long seed = new Random().nextLong();
        System.getLogger("PresenceIT").log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        List<String> users = IntStream.range(0, 12).mapToObj(i -> "user" + i).toList();
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            nodes.add(node(SHORT_LEASE));
        }
        for (int step = 0; step < 300; step++) {
            Node node = nodes.get(random.nextInt(3));
            String user = users.get(random.nextInt(users.size()));
            int choice = random.nextInt(100);
            if (choice < 3) {
                node.crash();
                nodes.set(nodes.indexOf(node), node(SHORT_LEASE));
            } else if (choice < 5) {
                node.stop();
                nodes.set(nodes.indexOf(node), node(SHORT_LEASE));
            } else if (choice < 50 || node.connections.getOrDefault(user, 0) == 0) {
                node.open(user);
            } else {
                node.close(user);
            }
            // Spread over several leases and graces, so that their ends fall between the steps.
            int pauseMs = 1 + random.nextInt(20);
            await(() -> vertx.timer(pauseMs, TimeUnit.MILLISECONDS));
            if (random.nextInt(4) == 0) {
                for (String each : users) {
                    if (nodes.stream().anyMatch(one -> one.connections.getOrDefault(each, 0) > 0)) {
                        eventually(() -> reader.of(each), UserPresence::online);
                    }
                }
            }
        }
        for (String user : users) {
            int connections = nodes.stream()
                    .mapToInt(one -> one.connections.getOrDefault(user, 0))
                    .sum();
            eventually(
                    () -> reader.of(user),
                    seen -> seen.connections() == connections && seen.online() == (connections > 0));
        }
        nodes.get(0).crash();
        nodes.get(1).stop();
        for (String user : users) {
            for (int left = nodes.get(2).connections.getOrDefault(user, 0); left > 0; left--) {
                nodes.get(2).close(user);
            }
        }
        for (String user : users) {
            List<String> events = eventually(
                    () -> eventsOf(user),
                    seen -> seen.isEmpty() || seen.get(seen.size() - 1).equals("offline"));
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i)).as("seed %d, %s", seed, user).isEqualTo(i % 2 == 0 ? "online" : "offline");
            }
            assertThat(await(() -> reader.of(user)).online()).isFalse();
        }
    }

    private static PresenceLimits limits(Duration lease, Duration grace, Duration countPeriod) {
        return new PresenceLimits(
                lease, REFRESH, grace, countPeriod, Duration.ofMillis(300), Duration.ofSeconds(1), 1_024);
    }

    /** An incarnation whose lease is over by {@code nodes}, and what its key says. */
    private void ghost(String incarnation, String user, String value) throws Exception {
        String tag = Buckets.tagOf(user);
        redis(Command.ZADD, keys.nodes(), 1_000, incarnation);
        redis(Command.SET, keys.node(incarnation), value);
        redis(Command.HSET, keys.presence(tag), user + "|" + incarnation, "1000 1");
        redis(Command.HSET, keys.online(tag), user, 1);
    }

    private void use(RedisServer server) throws Exception {
        config = new RedisConfig(server.url(), "test" + UUID.randomUUID() + ":");
        keys = new Keys(config.prefix());
        run(() -> {
            redis = RedisLinks.open(
                    vertx,
                    Shards.of(vertx, config),
                    "reader",
                    () -> 0.5,
                    new SimpleMeterRegistry(),
                    new RedisLinks.Listener() {});
            reader = new PresenceReader(redis, keys);
            links.add(redis);
        });
        eventually(() -> Future.succeededFuture(redis.isUp()), up -> up);
    }

    private Node node(PresenceLimits limits) throws Exception {
        return await(() -> Future.succeededFuture(new Node(limits)));
    }

    private UserPresence alice() throws Exception {
        return await(() -> reader.of(ALICE));
    }

    private UserPresence alice(Predicate<UserPresence> wanted) throws Exception {
        return eventually(() -> reader.of(ALICE), wanted);
    }

    private List<String> events(String user) throws Exception {
        return await(() -> eventsOf(user));
    }

    private Future<List<String>> eventsOf(String user) {
        return redis.send("", request(Command.XRANGE, keys.events(Buckets.tagOf(user)), "-", "+"))
                .map(entries -> {
                    List<String> types = new ArrayList<>();
                    for (Response entry : entries) {
                        if (entry.get(1).get(3).toString().equals(user)) {
                            types.add(entry.get(1).get(1).toString());
                        }
                    }
                    return types;
                });
    }

    private Response redis(Command command, Object... args) throws Exception {
        return await(() -> redis.send("", request(command, args)));
    }

    private static Request request(Command command, Object... args) {
        Request request = Request.cmd(command);
        for (Object arg : args) {
            request.arg(arg.toString());
        }
        return request;
    }

    private void run(Runnable action) throws Exception {
        await(() -> {
            action.run();
            return Future.succeededFuture();
        });
    }

    private <T> T await(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }

    private <T> T eventually(Supplier<Future<T>> read, Predicate<T> wanted) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            T seen = await(read);
            if (wanted.test(seen)) {
                return seen;
            }
            assertThat(System.nanoTime()).as("still %s", seen).isLessThan(deadline);
            await(() -> vertx.timer(10, TimeUnit.MILLISECONDS));
        }
    }
}
