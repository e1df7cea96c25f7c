package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.broker.Reading.Reach;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.redis.ServerTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A gateway: real channels, claims and memory of ids, and around them what the feed does. */
final class ModelGateway implements FeedChannel.Actions<ModelBrowser.Joining> {
    private static final class Followed {
        final FeedChannel<ModelBrowser.Joining> state;
        final Set<ModelBrowser> audience = new HashSet<>();
        int mark;
        long markedMs;
        boolean wanted = true;

        Followed(FeedChannel<ModelBrowser.Joining> state) {
            this.state = state;
        }
    }

    private final ModelWorld world;
    private final int name;
    /** It can only reach the old master of a network that fell apart. */
    boolean cutOff;

    private final Backlog.Budget budget = new Backlog.Budget(200, new SimpleMeterRegistry());
    private final RecentItems.Budget recent =
            new RecentItems.Budget(5, new ChannelReader.Bounds(4, 150), 200, new SimpleMeterRegistry());
    private final DeliveredIds delivered = new DeliveredIds(1 << 12, new SimpleMeterRegistry());
    private final Map<Channel, Followed> followed = new HashMap<>();
    private final Map<String, Fence> fences = new HashMap<>();
    private final Set<String> dead = new HashSet<>();
    /** Pushed messages and acknowledgements that have not arrived. */
    private final Deque<Runnable> pushes = new ArrayDeque<>();
    /** What publishers have stored for many users at once and hand over a little later. */
    private final Deque<Runnable> bundles = new ArrayDeque<>();
    /** Commands that Redis has not run; each gives what is to be done with its answer. */
    private final Deque<Supplier<Runnable>> commands = new ArrayDeque<>();
    /** Answers that have not arrived. */
    private final Deque<Runnable> answers = new ArrayDeque<>();

    /** Those that resume and do not know yet what their slots say of themselves. */
    private final Map<ModelBrowser.Joining, Runnable> resuming = new LinkedHashMap<>();

    /** What is tried again after a while. */
    private List<Runnable> later = new ArrayList<>();

    private @Nullable ModelServer server;
    private String replid = "";
    private long asOfMs;
    /** Lost with the link, and not in step since. */
    private final Set<Followed> behind = new HashSet<>();

    private long writtenMs;
    private final Quiet quiet = new Quiet();
    private int losses;
    private long stamps;

    ModelGateway(ModelWorld world, int name) {
        this.world = world;
        this.name = name;
    }

    ServerTime time() {
        return server == null ? new ServerTime(world.nowMs, "") : new ServerTime(server.clockMs(), replid);
    }

    boolean isConnectedTo(ModelServer other) {
        return server == other;
    }

    boolean isIdle() {
        return server != null && pushes.isEmpty() && commands.isEmpty() && answers.isEmpty();
    }

    void connect() {
        ModelServer found = world.masterFor(cutOff);
        if (server != null || found == null || dead.contains(found.replid)) {
            return;
        }
        server = found;
        replid = found.replid;
        if (found.formerReplid != null) {
            dead.add(found.formerReplid);
        }
        if (!found.refusesWrites()) {
            writtenMs = found.clockMs();
        }
        world.tell(() -> "gateway " + name + " reaches " + replid);
        followed.values().forEach(this::subscribe);
        List.copyOf(resuming.values()).forEach(Runnable::run);
    }

    void lose() {
        if (server != null) {
            server.drop(this);
            server = null;
            pushes.clear();
            bundles.clear();
            commands.clear();
            answers.clear();
            later.clear();
            losses++;
            quiet.forget();
            world.tell(() -> "gateway " + name + " loses " + replid);
            fences.clear();
            List.copyOf(followed.values()).forEach(channel -> {
                behind.add(channel);
                channel.state.lost();
            });
        }
    }

    /** One push arrives, Redis runs one command, one answer arrives, or a publisher hands over one bundle. */
    void step(int kind) {
        Runnable due = null;
        if (kind == 0) {
            due = pushes.poll();
        } else if (kind == 1) {
            Supplier<Runnable> command = commands.poll();
            if (command != null) {
                answers.add(command.get());
            }
        } else if (kind == 2) {
            due = answers.poll();
        } else {
            due = bundles.poll();
        }
        if (due != null) {
            due.run();
        }
    }

    void stepAll() {
        connect();
        while (!pushes.isEmpty() || !commands.isEmpty() || !answers.isEmpty() || !bundles.isEmpty()) {
            step(0);
            step(1);
            step(2);
            step(3);
        }
    }

    void pushed(Channel channel, Item item) {
        Runnable push = () -> {
            Followed to = followed.get(channel);
            if (to != null) {
                world.tell(() -> this + " is pushed " + item.id() + " at " + item.position());
                to.state.message(item);
            }
        };
        if (channel.kind() == Channel.Kind.USER && item.position().sequence() % 3 == 0) {
            bundles.add(() -> pushes.add(push));
        } else {
            pushes.add(push);
        }
    }

    /** The renewal of the lease: a write, then a probe. */
    void probe() {
        if (server == null) {
            connect();
        } else if (server.refusesWrites() || !world.isMaster(server)) {
            lose();
        } else {
            long ms = server.clockMs();
            writtenMs = ms;
            pushes.add(() -> {
                behind.removeIf(channel -> !channel.wanted || channel.state.state() == FeedChannel.State.LIVE);
                if (behind.isEmpty()) {
                    asOfMs = ms;
                }
            });
            List.copyOf(resuming.values()).forEach(Runnable::run);
        }
    }

    /** A while has passed. */
    void tick() {
        List<Runnable> due = later;
        later = new ArrayList<>();
        due.forEach(Runnable::run);
    }

    void compareAll() {
        if (server != null) {
            followed.values().stream()
                    .collect(Collectors.groupingBy(channel -> ModelWorld.tag(channel.state.channel())))
                    .forEach(this::compare);
        }
    }

    private void compare(String tag, List<Followed> channels) {
        int term = quiet.term();
        ask(() -> {
            String counter = current().counter(channels.get(0).state.channel());
            return () -> {
                if (quiet.isQuiet(tag, counter)) {
                    return;
                }
                for (Followed channel : channels) {
                    ask(() -> {
                        var tail = current().tail(channel.state.channel());
                        return () -> channel.state.compare(tail);
                    });
                }
                if (channels.stream()
                        .allMatch(channel -> channel.wanted && channel.state.state() == FeedChannel.State.LIVE)) {
                    quiet.compared(tag, counter, term);
                }
            };
        });
    }

    void join(ModelBrowser.Joining join, ServerTime start, Point from, @Nullable Evidence evidence) {
        Followed channel = followed.computeIfAbsent(join.channel(), name -> {
            Followed added = new Followed(new FeedChannel<>(name, this, budget, recent));
            subscribe(added);
            return added;
        });
        channel.audience.add(join.browser());
        if (evidence == null) {
            join.claim(new Claim(from, start, new Evidence(from.sinceMs(), channel.mark), null, losses));
            channel.state.join(join);
        } else {
            resume(channel, join, from, evidence);
        }
    }

    void leave(ModelBrowser browser) {
        for (Followed channel : List.copyOf(followed.values())) {
            channel.audience.remove(browser);
            if (channel.audience.isEmpty()) {
                channel.wanted = false;
                channel.state.lost();
                followed.remove(channel.state.channel());
            }
        }
    }

    Place place(Channel channel, Point point) {
        Followed of = followed.get(channel);
        return new Place(point, of == null ? 0 : of.mark);
    }

    long asOfMs(ServerTime start) {
        return asOfMs == 0 ? start.ms() - 30_000 : asOfMs;
    }

    private void resume(Followed channel, ModelBrowser.Joining join, Point from, Evidence evidence) {
        resuming.put(join, () -> resume(channel, join, from, evidence));
        if (server != null) {
            ask(() -> {
                Fence fence = current().fence(join.channel());
                return () -> {
                    if (fence != null && resuming.remove(join) != null && channel.wanted && join.isCurrent()) {
                        join.claim(new Claim(from, ServerTime.NOWHERE, evidence, fence, losses));
                        channel.state.join(join);
                    }
                };
            });
        }
    }

    private void subscribe(Followed channel) {
        ModelServer to = server;
        if (to != null) {
            ask(() -> {
                current().subscribe(this, channel.state.channel());
                pushes.add(() -> {
                    if (channel.wanted) {
                        channel.state.subscribed();
                    }
                });
                return () -> {};
            });
        }
    }

    @Override
    public String toString() {
        return "gateway " + name;
    }

    private ModelServer current() {
        if (server == null) {
            throw new IllegalStateException("commands outlived their connection");
        }
        return server;
    }

    private void ask(Supplier<Runnable> command) {
        commands.add(command);
    }

    @Override
    public Point pointOf(ModelBrowser.Joining join) {
        return join.claim().from(replid);
    }

    @Override
    public void read(FeedChannel<ModelBrowser.Joining> channel, Point point, int attempt) {
        if (server == null) {
            return;
        }
        ask(() -> {
            Fence known = fences.get(ModelWorld.tag(channel.channel()));
            Fence fence = known != null ? known : current().fence(channel.channel());
            Reading reading = current().read(channel.channel(), point);
            return () -> {
                Followed of = followed.get(channel.channel());
                if (of == null || of.state != channel) {
                    return;
                }
                if (fence == null) {
                    later.add(() -> channel.readFailed(attempt));
                    return;
                }
                fences.putIfAbsent(ModelWorld.tag(channel.channel()), fence);
                if (of.mark == 0) {
                    mark(of, fence);
                }
                world.tell(
                        () -> this + " has read " + channel.channel() + " after " + point + ": " + reading.reach() + " "
                                + reading.items().stream()
                                        .map(item -> item.id() + " at " + item.position())
                                        .toList());
                channel.read(attempt, reading);
            };
        });
    }

    @Override
    public void tail(FeedChannel<ModelBrowser.Joining> channel, int attempt) {
        if (server != null) {
            ask(() -> {
                var tail = current().tail(channel.channel());
                return () -> channel.tail(attempt, tail);
            });
        }
    }

    @Override
    public boolean proves(FeedChannel<ModelBrowser.Joining> channel, Reading reading) {
        Followed of = followed.get(channel.channel());
        Fence fence = fences.get(ModelWorld.tag(channel.channel()));
        return reading.reach() == Reach.LINKED
                || (of != null
                        && fence != null
                        && new Evidence(Math.max(of.markedMs, asOfMs), of.mark)
                                .proves(reading, fence, ModelWorld.KEPT_MS));
    }

    @Override
    public void live(FeedChannel<ModelBrowser.Joining> channel) {
        Followed of = followed.get(channel.channel());
        Fence fence = fences.get(ModelWorld.tag(channel.channel()));
        if (of != null && fence != null) {
            mark(of, fence);
        }
    }

    private void mark(Followed of, Fence fence) {
        if (of.mark != fence.mark()) {
            of.mark = fence.mark();
            of.markedMs = writtenMs;
        }
    }

    @Override
    public void deliver(Channel channel, Item item, boolean late) {
        long firstStamp = delivered.add(DeliveredIds.hash(channel), item, ++stamps);
        audience(channel).forEach(browser -> browser.live(channel, item, firstStamp));
    }

    @Override
    public void gap(Channel channel) {
        world.tell(() -> this + " tells a gap in " + channel);
        audience(channel).forEach(browser -> browser.gap(channel));
    }

    @Override
    public void joined(ModelBrowser.Joining join, Reading missed) {
        long stamp = ++stamps;
        missed.items().forEach(item -> delivered.add(DeliveredIds.hash(join.channel()), item, stamp));
        Fence fence = fences.get(ModelWorld.tag(join.channel()));
        boolean whole = join.claim().isMet(missed, replid, losses, fence, ModelWorld.KEPT_MS);
        join.joined(missed, whole, stamp);
    }

    private List<ModelBrowser> audience(Channel channel) {
        Followed of = followed.get(channel);
        return of == null ? List.of() : new ArrayList<>(of.audience);
    }
}
