package fanfare.gateway.feed;

import fanfare.broker.Evidence;
import fanfare.broker.Reading;
import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.gateway.session.Progress;
import fanfare.redis.ServerTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A page with the client's rule, and its session on whichever gateway: the real token and progress. */
final class ModelBrowser {
    /** A join of one connection; the next connection has others. */
    final class Joining {
        private final Channel channel;
        private final int connection;
        private @Nullable Claim claim;

        private Joining(Channel channel) {
            this.channel = channel;
            this.connection = connections;
        }

        ModelBrowser browser() {
            return ModelBrowser.this;
        }

        Channel channel() {
            return channel;
        }

        boolean isCurrent() {
            return gateway != null && connection == connections;
        }

        void claim(Claim made) {
            claim = made;
        }

        Claim claim() {
            return Objects.requireNonNull(claim);
        }

        void joined(Reading missed, boolean whole, long stamp) {
            if (isCurrent()) {
                ModelBrowser.this.joined(channel, missed, whole, stamp);
            }
        }
    }

    private sealed interface Wire {
        record Welcome(@Nullable Boolean recovered, String token, long sent) implements Wire {}

        record Event(Channel channel, Item item) implements Wire {
            @Override
            public String toString() {
                return item.id() + " at " + item.position() + " of " + channel;
            }
        }

        record Gap(Channel channel, long sent) implements Wire {}

        record Resume(String token) implements Wire {}
    }

    private final ModelWorld world;
    private final String user;
    private final boolean saysPositions;
    private final List<Channel> channels;

    // The session.
    private @Nullable ModelGateway gateway;
    private int connections;
    private ServerTime start = new ServerTime(0, "");
    private final Map<Channel, Progress> progress = new HashMap<>();
    private final Map<String, Place> places = new HashMap<>();
    private long asOfMs;
    private int joinsAwaited;
    private boolean resuming;
    private boolean recovered;
    private boolean welcomed;
    private final List<Wire> early = new ArrayList<>();
    private final Deque<Wire> wire = new ArrayDeque<>();

    // The page.
    private @Nullable String token;
    private final Map<String, Position> positions = new HashMap<>();
    private final Set<String> heard = new HashSet<>();
    /** The connection on which each id came last. */
    private final Map<String, Integer> wireHeard = new HashMap<>();

    private final Map<Channel, Position> newest = new HashMap<>();
    /** Up to when the page was told that something is lost. */
    private final Map<Channel, Long> told = new HashMap<>();
    /** Since when nothing may be missing; no page is there before. */
    private long since = Long.MAX_VALUE;

    /** The same on Redis' clock [ms]. */
    private long sinceMs;

    ModelBrowser(ModelWorld world, String user, boolean saysPositions) {
        this.world = world;
        this.user = user;
        this.saysPositions = saysPositions;
        this.channels = List.of(Channel.user(user), Channel.BROADCAST);
    }

    boolean isConnected() {
        return gateway != null;
    }

    void connect(ModelGateway to) {
        gateway = to;
        connections++;
        world.tell(() -> this + " connects to " + to + (token == null ? "" : ", from " + positions));
        start = to.time();
        if (token == null) {
            since = world.moment();
            sinceMs = start.ms();
        }
        ResumeToken.Read read = token == null ? null : Objects.requireNonNull(ResumeToken.decode(token));
        resuming = read != null;
        recovered = resuming;
        welcomed = false;
        early.clear();
        wire.clear();
        places.clear();
        progress.clear();
        asOfMs = read == null ? to.asOfMs(start) : read.asOfMs();
        joinsAwaited = channels.size();
        for (Channel channel : channels) {
            Place told = read == null ? null : read.place(channel.label());
            Position seen = read == null || !saysPositions ? null : positions.get(channel.label());
            Point from = seen != null ? Point.after(seen) : told != null ? told.point() : Point.since(start.ms());
            Evidence evidence = read == null ? null : new Evidence(read.asOfMs(), told == null ? 0 : told.mark());
            progress.put(channel, new Progress(from));
            places.put(channel.label(), to.place(channel, from));
            to.join(new Joining(channel), start, from, evidence);
        }
    }

    /** The connection breaks; what is on its way is lost. */
    void disconnect() {
        if (gateway != null) {
            world.tell(() -> this + " leaves");
            gateway.leave(this);
            gateway = null;
            wire.clear();
        }
    }

    /** The server renews the token, as it does from time to time. */
    void renewToken() {
        if (gateway != null && welcomed) {
            Map<String, Place> current = new HashMap<>();
            progress.forEach((channel, at) -> current.put(channel.label(), place(channel, at)));
            wire.add(new Wire.Resume(new ResumeToken(user, gateway.asOfMs(start), current).encode()));
        }
    }

    void live(Channel channel, Item item, long firstStamp) {
        Progress at = progress.get(channel);
        if (at != null && at.hears(firstStamp)) {
            take(channel, at, item);
        }
    }

    void gap(Channel channel) {
        Progress at = progress.get(channel);
        if (at != null && at.hears(DeliveredIds.NEVER)) {
            send(new Wire.Gap(channel, world.moment()));
        }
    }

    private void joined(Channel channel, Reading missed, boolean whole, long stamp) {
        Progress at = Objects.requireNonNull(progress.get(channel));
        at.joined(missed.before(), whole, stamp);
        if (!welcomed) {
            places.put(channel.label(), place(channel, at));
        }
        if (resuming) {
            recovered &= whole;
        } else if (!whole) {
            send(new Wire.Gap(channel, world.moment()));
        }
        missed.items().forEach(item -> take(channel, at, item));
        joinsAwaited--;
        if (joinsAwaited == 0) {
            welcome();
        }
    }

    private void welcome() {
        welcomed = true;
        String state = new ResumeToken(user, asOfMs, places).encode();
        wire.add(new Wire.Welcome(resuming ? Boolean.valueOf(recovered) : null, state, world.moment()));
        wire.addAll(early);
        early.clear();
    }

    private void take(Channel channel, Progress at, Item item) {
        if (at.moveTo(Point.after(item.position()))) {
            send(new Wire.Event(channel, item));
        }
    }

    private void send(Wire message) {
        if (welcomed) {
            wire.add(message);
        } else {
            early.add(message);
        }
    }

    private Place place(Channel channel, Progress at) {
        return Objects.requireNonNull(gateway).place(channel, at.place());
    }

    /** The page reads what has come. */
    void read(int max) {
        for (int i = 0; i < max && !wire.isEmpty(); i++) {
            Wire message = wire.remove();
            world.tell(() -> this + " hears " + message);
            if (message instanceof Wire.Welcome welcome) {
                if (welcome.recovered() != null && !welcome.recovered()) {
                    channels.forEach(channel -> told.put(channel, welcome.sent()));
                }
                if (!saysPositions || !Boolean.TRUE.equals(welcome.recovered())) {
                    newest.clear(); // What follows begins anew, perhaps further back.
                }
                renew(welcome.token());
            } else if (message instanceof Wire.Resume resume) {
                renew(resume.token());
            } else if (message instanceof Wire.Gap gap) {
                told.put(gap.channel(), gap.sent());
            } else if (message instanceof Wire.Event event) {
                hear(event.channel(), event.item());
            }
        }
    }

    private void renew(String newToken) {
        token = newToken;
        positions.clear();
    }

    private void hear(Channel channel, Item item) {
        Integer before = wireHeard.put(channel + " " + item.id(), connections);
        if (before != null) {
            boolean documented =
                    (before != connections && (!saysPositions || world.wasFailOverLately())) || world.isOld(item.id());
            world.check(documented, () -> this + " heard " + item.id() + " twice on the wire");
        }
        Position last = newest.put(channel, item.position());
        boolean first = heard.add(channel + " " + item.id());
        world.check(
                !first || last == null || !item.position().isAtMost(last),
                () -> this + " heard " + item.position() + " after " + last);
        positions.put(channel.label(), item.position());
    }

    /** At the end: whatever was acknowledged for this page was heard, or it was told. */
    void checkNothingIsMissing(List<ModelWorld.Publication> publications) {
        for (ModelWorld.Publication publication : publications) {
            Channel channel = publication.draft().channel();
            boolean due = channels.contains(channel)
                    && publication.isAcknowledged()
                    && publication.published() > since
                    && publication.serverMs() >= sinceMs
                    && !publication.isExcused();
            world.check(
                    !due
                            || heard.contains(
                                    channel + " " + publication.draft().id())
                            || told.getOrDefault(channel, Long.MIN_VALUE) > publication.appended(),
                    () -> this + " misses " + publication.draft().id() + " of " + channel + " and was not told");
        }
    }

    @Override
    public String toString() {
        return user + (saysPositions ? "" : " without positions");
    }
}
