package fanfare.gateway.session;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Commands;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.receipt.Reason;
import fanfare.redis.ServerTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One browser's connection, whatever carries it. Confined to the event loop that accepted it, so it has no locks. */
public final class Session extends Outflow implements Wheel.Timed {
    /** Publications that were not wanted, after which a token is renewed: a resume would read them all again. */
    private static final int FILTERED_MAX = 50;

    private static final int TOKEN_SOON_MS = 500;
    /** For how long what is private is kept back at most; an outage of the site must not silence everybody [ms]. */
    private static final long HELD_MS_MAX = 30_000;

    /** From when on nothing may be missing. */
    private final ServerTime start;

    /** A number from 0 to 1 of this session's own, by which it keeps clear of the others. */
    private final float share;

    /** Told once, when the session is over. */
    private final Consumer<Session> onClosed;

    private final Count deliveries;
    /** Who it is; null until the site has answered. */
    private @Nullable Identity identity;
    /** The first one that the browser said; null while it has not. */
    private Command.@Nullable Hello hello;

    /** Where the user's channel was when the session came to it; null for nowhere, and once a hello is there. */
    private @Nullable Position inboxEnd;

    private List<Subscription> subscriptions = List.of();
    /**
     * While nothing but the welcome may go out, which is due once the site has answered, the hello is over and joins have
     * ended; null afterwards.
     */
    private @Nullable Arrival arrival = new Arrival(hub.nothing());
    /** When the browser is due a new token [ms]. */
    private long tokenDueMs = Wheel.NEVER;
    /** Publications that this browser did not want, since its last token. */
    private int filtered;
    /** What is private and waits for the site's word; null while nothing has to. Each doubt has one of its own. */
    private @Nullable Backlog hold;
    /** Who does not go when it is asked, is one of those that do not. */
    private boolean askedToMove;
    /** The transport has gone, or has told the browser of the close; nothing is left to do. */
    private boolean ended;

    Session(
            Hub hub,
            Transport transport,
            String connection,
            ServerTime start,
            double random,
            Consumer<Session> onClosed) {
        super(hub, transport, connection);
        this.start = start;
        this.onClosed = onClosed;
        this.share = (float) random;
        this.deliveries = hub.deliveries(transport.name());
        hub.metrics().opened(transport.name());
    }

    @Override
    @Nullable
    String user() {
        return identity == null ? null : identity.user();
    }

    /** The public id of this connection, which the site may name when it disconnects all others. */
    public String connection() {
        return connection;
    }

    /** The site has said who this is. */
    public void admitted(Identity who) {
        if (isClosed()) {
            return;
        }
        identity = who;
        if (arrival != null) {
            arrival.admitted(hub.nowMs());
        }
        subscribe(who);
        welcomeIfDue();
    }

    /** The site has said so again, perhaps with other topics. */
    public void changed(Identity who, ServerTime now) {
        if (isClosed()) {
            return;
        }
        identity = who;
        if (arrival != null) {
            subscribe(who);
            return;
        }
        Set<Channel> wanted = new LinkedHashSet<>(who.channels());
        List<Subscription> kept = new ArrayList<>();
        for (Subscription subscription : subscriptions) {
            if (wanted.remove(subscription.channel())) {
                kept.add(subscription);
            } else {
                hub.unsubscribe(subscription);
                if (hold != null) {
                    int before = hold.queue.bytes();
                    hold.queue = hold.queue.without(
                            subscription.channel().label(),
                            hub.nothing(),
                            message -> notDelivered(message, Reason.NOT_SUBSCRIBED));
                    hub.waits(hold.queue.bytes() - before);
                }
                renewTokenSoon();
            }
        }
        for (Channel channel : wanted) {
            kept.add(hub.subscribe(this, channel, Start.fresh(now)));
            renewTokenSoon();
        }
        subscriptions = List.copyOf(kept);
    }

    /** A hello that came with the connection itself. */
    public void hello(Command.Hello said) {
        if (hello != null || isClosed()) {
            return;
        }
        if (said.protocol() != Commands.PROTOCOL) {
            close(CloseReason.PROTOCOL_NOT_SUPPORTED);
            return;
        }
        hello = said;
        if (arrival == null && said.resume() == null) {
            if (said.inbox()) {
                replayInbox();
            }
        } else if (identity != null && (said.resume() != null || said.inbox())) {
            // Delivery begins anew from where the browser was; what it heard before, it was told to ignore.
            if (arrival == null) {
                arrival = new Arrival(hub.nothing());
            }
            subscribe(identity);
        }
        inboxEnd = null;
        welcomeIfDue();
    }

    /** A message from the browser, its transport's wrapping taken off. */
    public void receive(String text) {
        if (isClosed()) {
            return;
        }
        int perSecondMax = hub.limits().messagesPerSecondMax();
        if (!isAllowed(text, perSecondMax, hub.nowMs())) {
            refuse("more than " + perSecondMax + " messages in a second");
            return;
        }
        Command command = Commands.decode(text);
        if (command == null) {
            refuse("not a JSON object of at most " + Commands.BYTES_MAX + " bytes");
        } else if (command instanceof Command.Ping) {
            pong();
        } else if (command instanceof Command.Hello said) {
            hello(said);
        } else if (command instanceof Command.Ack ack) {
            hub.reports().acknowledged(connection, ack.ids());
        }
    }

    /**
     * Keeps back what is private until {@link #release}, but not for ever: the site may be away as well. Another doubt has as
     * long as the first, and keeps what that has kept.
     */
    public void hold() {
        if (!isClosed()) {
            Backlog begun = new Backlog(hub.nothing());
            if (hold != null) {
                begun.queue = hold.queue;
                begun.atOnce = hold.atOnce;
            }
            hold = begun;
            long endMs = hub.nowMs() + HELD_MS_MAX;
            hub.wheel()
                    .schedule(
                            now -> {
                                if (now < endMs) {
                                    return endMs;
                                }
                                if (hold == begun) {
                                    release();
                                }
                                return Wheel.NEVER;
                            },
                            endMs);
        }
    }

    /**
     * Asks the browser to come back over another connection within that time, at a moment of its own.
     *
     * @return false if it is not asked, since the welcome must go out first or nothing may any more
     */
    public boolean askBack(long withinMs, String reason) {
        if (arrival != null || state() != SessionState.OPEN) {
            return false;
        }
        hub.metrics().askedBack(reason);
        send(Message.reconnect((long) (withinMs * share), reason));
        return true;
    }

    /** Does so once, with a browser that has been here for so long; false if it has not, or was asked before. */
    boolean askToMove(long ageMsMin, long withinMs, String reason) {
        if (askedToMove || hub.nowMs() - openedMs() < ageMsMin) {
            return false;
        }
        askedToMove = askBack(withinMs, reason);
        return askedToMove;
    }

    /** The site has said that the user still is who it was. */
    public void release() {
        Backlog over = hold;
        hold = null;
        if (over != null && !isClosed()) {
            deliverAll(over);
        }
    }

    /**
     * A publication, or what stands for one, on a channel of this session.
     *
     * @param late whether it had to wait, and comes at once with what else had to
     */
    void deliver(Message message, boolean isPrivate, boolean late) {
        if (hold != null && isPrivate && !isClosed()) {
            keep(hold, message, late);
        } else {
            deliver(message, late);
        }
    }

    private void deliver(Message message, boolean late) {
        if (isClosed()) {
            return;
        }
        if (arrival != null) {
            keep(arrival.early(), message, late);
        } else if (isWanted(message)) {
            deliveries.add(1);
            if (late) {
                comesAtOnce(message.size());
            }
            send(message);
        } else {
            filter(message);
        }
    }

    private void keep(Backlog in, Message message, boolean late) {
        if (late) {
            in.atOnce += message.size();
        }
        in.queue = longer(in.queue, message, in.atOnce);
    }

    /** What is there is not wanted any more. */
    private void empty(Backlog backlog) {
        hub.waits(-backlog.queue.bytes());
        backlog.queue = hub.nothing();
        backlog.atOnce = 0;
    }

    private void filter(Message message) {
        notDelivered(message, Reason.NAMESPACE_NOT_WANTED);
        if (++filtered >= FILTERED_MAX) {
            renewToken();
        }
    }

    /**
     * A channel has been joined; what was missed there follows.
     *
     * @param before the position before that; null if there is none
     */
    void joined(Subscription subscription, boolean complete, @Nullable Position before) {
        if (hello == null && subscription.channel().kind() == Channel.Kind.USER) {
            inboxEnd = before;
        }
        if (arrival != null) {
            arrival.heard(subscription.channel().label(), place(subscription));
            arrival.joined(complete);
            welcomeIfDue();
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (!isClosed()) {
            flush();
            leaveAll(reason.code(), reason.text());
            hub.metrics().farewells().incrementAndGet();
            transport.close(reason);
            wrote(hub.nowMs());
            hub.wheel().schedule(this, writtenMs() + hub.limits().closeWait().toMillis());
        }
    }

    @Override
    void abandon() {
        if (!isClosed()) {
            ended(CloseReason.STATE_LOST.code());
            transport.reset();
        }
    }

    /** Its transport has met a bug. */
    public void failed(RuntimeException bug) {
        hub.failed(this, bug);
    }

    /** The connection has gone, by whatever hand, or the browser knows that the session is closed. */
    public void ended(int code) {
        if (isClosed()) {
            farewellSaid();
        } else {
            ended = true;
            leaveAll(code, "");
        }
    }

    private void farewellSaid() {
        if (!ended) {
            ended = true;
            hub.metrics().farewells().decrementAndGet();
        }
    }

    @Override
    public long tick(long nowMs) {
        forgetPace(nowMs);
        switch (state()) {
            case CONNECTING -> {
                welcomeIfDue();
                long waitMs = hub.limits().helloWait().toMillis();
                // Who is not admitted yet has another wait before it then.
                long admittedMs = arrival == null ? 0 : arrival.admittedMs();
                long dueMs = Math.max(openedMs(), admittedMs) + waitMs;
                return Math.min(heartbeat(nowMs), nowMs < dueMs ? dueMs : nowMs + waitMs);
            }
            case OPEN -> {
                if (nowMs >= tokenDueMs) {
                    renewToken();
                }
                return Math.min(heartbeat(nowMs), tokenDueMs);
            }
            case CLOSED -> {
                if (!ended && nowMs - writtenMs() >= hub.limits().closeWait().toMillis()) {
                    farewellSaid();
                    transport.reset();
                }
                return Wheel.NEVER;
            }
        }
        throw new AssertionError(state());
    }

    private long heartbeat(long nowMs) {
        long intervalMs = hub.limits().heartbeat().toMillis();
        long dueMs = hub.onBeat(writtenMs() + shareOf(hub.limits().heartbeat()));
        if (nowMs < dueMs) {
            return dueMs;
        }
        // A token that is due before the next heartbeat takes the place of this one.
        if (tokenDueMs - nowMs >= intervalMs || !renewToken()) {
            transport.heartbeat();
        }
        wrote(nowMs);
        // Who is apart from the others stays so.
        return hub.onBeat(nowMs + intervalMs);
    }

    /** Nine tenths of it or more: each session has its own, or after a broadcast all would be due together [ms]. */
    private long shareOf(Duration longest) {
        return (long) (longest.toMillis() * (1 - 0.1 * share));
    }

    private void welcomeIfDue() {
        long waitMs = hub.limits().helloWait().toMillis();
        boolean helloOver = hello != null || hub.nowMs() - openedMs() >= waitMs;
        if (arrival != null && identity != null && helloOver && arrival.areJoinsOver(hub.nowMs(), waitMs)) {
            welcome(identity, arrival);
        }
    }

    private void welcome(Identity who, Arrival over) {
        if (state() == SessionState.CONNECTING) {
            become(SessionState.OPEN);
        }
        arrival = null;
        boolean asked = hello != null && hello.resume() != null;
        Boolean verdict = asked ? Boolean.valueOf(over.isRecovered()) : null;
        send(Message.welcome(connection, hub.node(), verdict, over.token(who.user())));
        filtered = 0;
        tokenDueMs = hub.nowMs() + shareOf(hub.limits().token());
        for (int owed = over.pongsOwed(); owed > 0; owed--) {
            send(Message.pong());
        }
        deliverAll(over.early());
    }

    private void deliverAll(Backlog kept) {
        hub.waits(-kept.queue.bytes());
        for (Message message : kept.queue.messages()) {
            deliver(message, true);
        }
    }

    /** Brings what the user's channel had kept before; of all channels the browser has had what there was since it came. */
    private void replayInbox() {
        List<Subscription> all = new ArrayList<>(subscriptions);
        all.replaceAll(each -> each.channel().kind() == Channel.Kind.USER ? replay(each) : each);
        subscriptions = List.copyOf(all);
    }

    private Subscription replay(Subscription inbox) {
        if (inbox.isJoining()) {
            // Nothing of it was heard yet.
            Subscription anew = hub.subscribe(this, inbox.channel(), Start.kept(start));
            hub.unsubscribe(inbox);
            return anew;
        }
        if (inboxEnd != null) {
            hub.replay(new Replay(this, inbox.channel(), inboxEnd), Start.kept(start));
        }
        return inbox;
    }

    /** Begins to hear the channels, each from where the hello says, else from the acceptance on. */
    private void subscribe(Identity who) {
        Resumption from = Resumption.of(hello, who, start);
        ResumeToken.Read token = from.token();
        List<Subscription> former = subscriptions;
        List<Channel> channels = who.channels();
        if (arrival != null) {
            arrival.joining(channels.size(), token != null, token == null ? hub.asOfMs(start) : token.asOfMs());
            // What waits comes again, by the joins that begin now.
            empty(arrival.early());
        }
        if (hold != null) {
            empty(hold);
        }
        List<Subscription> begun = new ArrayList<>(channels.size());
        for (Channel channel : channels) {
            Subscription subscription = hub.subscribe(this, channel, from.start(channel));
            if (arrival != null) {
                arrival.heard(channel.label(), place(subscription));
            }
            begun.add(subscription);
        }
        subscriptions = List.copyOf(begun);
        former.forEach(hub::unsubscribe);
    }

    private Place place(Subscription subscription) {
        return new Place(subscription.place(), hub.mark(subscription.channel()));
    }

    /**
     * The browser gets a token that says where it is now, so that it need not read again what it did not want.
     *
     * @return false if this is not the time for one
     */
    private boolean renewToken() {
        filtered = 0;
        tokenDueMs = hub.nowMs() + shareOf(hub.limits().token());
        // What is kept back has not been heard, but a token of now would say so.
        if (state() != SessionState.OPEN || arrival != null || hold != null || identity == null) {
            return false;
        }
        Map<String, Place> current = new HashMap<>();
        subscriptions.forEach(each -> current.put(each.channel().label(), place(each)));
        send(Message.resume(new ResumeToken(identity.user(), hub.asOfMs(start), current)));
        return true;
    }

    /** Once the joins that were just begun have very likely ended. */
    private void renewTokenSoon() {
        tokenDueMs = hub.nowMs() + TOKEN_SOON_MS;
        hub.wheel()
                .schedule(
                        now -> {
                            if (now >= tokenDueMs) {
                                renewToken();
                            }
                            return Wheel.NEVER;
                        },
                        tokenDueMs);
    }

    private void pong() {
        if (arrival != null) {
            arrival.owesPong();
        } else {
            send(Message.pong());
        }
    }

    private void refuse(String rule) {
        send(Message.error(Integer.toString(CloseReason.BAD_MESSAGE.code()), rule));
        close(CloseReason.BAD_MESSAGE.because("bad message: " + rule));
    }

    private boolean isWanted(Message message) {
        Set<String> namespaces = hello == null ? null : hello.namespaces();
        return namespaces == null || message.namespace() == null || namespaces.contains(message.namespace());
    }

    private void leaveAll(int code, String why) {
        become(SessionState.CLOSED);
        hub.metrics().ended(total(connection, transport.name(), code, why, hub.nowMs()));
        subscriptions.forEach(hub::unsubscribe);
        subscriptions = List.of();
        loseAll(code == CloseReason.SLOW_CONSUMER.code());
        lose(arrival == null ? null : arrival.early().queue);
        lose(hold == null ? null : hold.queue);
        arrival = null;
        hold = null;
        hub.closed(this);
        onClosed.accept(this);
    }
}
