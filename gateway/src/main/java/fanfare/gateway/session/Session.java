package fanfare.gateway.session;

import fanfare.broker.Evidence;
import fanfare.broker.Reading.Point;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Commands;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import fanfare.gateway.receipt.Receipt;
import fanfare.receipt.Reason;
import fanfare.redis.ServerTime;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One browser's connection, whatever carries it. Confined to the event loop that accepted it, so it has no locks. */
public final class Session implements Wheel.Timed {
    /** Publications that were not wanted, after which a token is renewed: a resume would read them all again. */
    private static final int FILTERED_MAX = 50;

    private static final int TOKEN_SOON_MS = 500;
    /** For how long what is private is kept back at most; an outage of the site must not silence everybody [ms]. */
    private static final long HELD_MS_MAX = 30_000;

    private final Hub hub;
    private final Transport transport;
    private final String connection;
    /** From when on nothing may be missing. */
    private final ServerTime start;

    /** A number from 0 to 1 of this session's own, by which it keeps clear of the others. */
    private final float share;

    private final long openedMs;
    /** Told once, when the session is over. */
    private final Consumer<Session> onClosed;

    private final Count deliveries;
    private SessionState state = SessionState.CONNECTING;
    /** What the transport has not taken. */
    private SendQueue queue;

    /** Who it is; null until the site has answered. */
    private @Nullable Identity identity;
    /** The first one that the browser said; null while it has not. */
    private Command.@Nullable Hello hello;

    private List<Subscription> subscriptions = List.of();
    /**
     * While nothing but the welcome may go out, which is due once the site has answered, the hello is over and joins have
     * ended; null afterwards.
     */
    private @Nullable Arrival arrival = new Arrival();
    /** When the browser is due a new token [ms]. */
    private long tokenDueMs = Wheel.NEVER;
    /** Publications that this browser did not want, since its last token. */
    private int filtered;
    /** What is private and waits for the site's word; null while nothing has to. */
    private @Nullable SendQueue held;
    /** When anything was last written, which in the end is the close [ms]. */
    private long writtenMs;
    /** When the browser's newest message came [ms]. */
    private long receivedMs;
    /** When those before it came; null if the last second had none, as it is with a browser that only listens. */
    private @Nullable Pace pace;
    /** Messages that came so far. */
    private int received;
    /** Text that came, and text that the transport took [bytes], both unsigned and no more than fits; for the log. */
    private int receivedBytes;

    private int sentBytes;
    /** Messages that the transport took. */
    private int sent;

    private boolean flushing;
    /** Who does not go when it is asked, is one of those that do not. */
    private boolean askedToMove;
    /** The browser fell behind its budget; it is closed at the end of the tick. */
    private boolean overflowed;
    /** The transport has gone, or has told the browser of the close; nothing is left to do. */
    private boolean ended;

    Session(
            Hub hub,
            Transport transport,
            String connection,
            ServerTime start,
            double random,
            Consumer<Session> onClosed) {
        this.hub = hub;
        this.transport = transport;
        this.connection = connection;
        this.start = start;
        this.onClosed = onClosed;
        this.share = (float) random;
        this.openedMs = hub.nowMs();
        this.writtenMs = openedMs;
        this.queue = hub.nothing();
        this.deliveries = hub.deliveries(transport.name());
        hub.metrics().opened(transport.name());
    }

    /** The public id of this connection, which the site may name when it disconnects all others. */
    public String connection() {
        return connection;
    }

    public boolean isClosed() {
        return state == SessionState.CLOSED;
    }

    /** The site has said who this is. */
    public void admitted(Identity who) {
        if (state == SessionState.CLOSED) {
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
        if (state == SessionState.CLOSED) {
            return;
        }
        identity = who;
        if (arrival != null) {
            subscribe(who);
            return;
        }
        Set<Channel> wanted = new LinkedHashSet<>(channels(who));
        List<Subscription> kept = new ArrayList<>();
        for (Subscription subscription : subscriptions) {
            if (wanted.remove(subscription.channel())) {
                kept.add(subscription);
            } else {
                hub.unsubscribe(subscription);
                if (held != null) {
                    int before = held.bytes();
                    held = held.without(
                            subscription.channel().label(),
                            hub.nothing(),
                            message -> notDelivered(message, Reason.NOT_SUBSCRIBED));
                    hub.waits(held.bytes() - before);
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
        if (hello != null || state == SessionState.CLOSED) {
            return;
        }
        if (said.protocol() != Commands.PROTOCOL) {
            close(CloseReason.PROTOCOL_NOT_SUPPORTED);
            return;
        }
        hello = said;
        if (identity != null && (said.resume() != null || said.inbox())) {
            // Delivery begins anew from where the browser was; what it heard before, it was told to ignore.
            if (arrival == null && said.resume() != null) {
                arrival = new Arrival();
            }
            subscribe(identity);
        }
        welcomeIfDue();
    }

    /** A message from the browser, its transport's wrapping taken off. */
    public void receive(String text) {
        if (state == SessionState.CLOSED) {
            return;
        }
        receivedBytes = plus(receivedBytes, ByteBufUtil.utf8Bytes(text));
        if (isTooFast()) {
            refuse("more than " + hub.limits().messagesPerSecondMax() + " messages in a second");
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

    /** Keeps back what is private until {@link #release}, but not for ever: the site may be away as well. */
    public void hold() {
        if (state != SessionState.CLOSED && held == null) {
            held = hub.nothing();
            long endMs = hub.nowMs() + HELD_MS_MAX;
            hub.wheel()
                    .schedule(
                            now -> {
                                if (now < endMs) {
                                    return endMs;
                                }
                                release();
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
        if (arrival != null || state != SessionState.OPEN) {
            return false;
        }
        hub.metrics().askedBack(reason);
        send(Message.reconnect((long) (withinMs * share), reason));
        return true;
    }

    /** Does so once, with a browser that has been here for so long; false if it has not, or was asked before. */
    boolean askToMove(long ageMsMin, long withinMs, String reason) {
        if (askedToMove || hub.nowMs() - openedMs < ageMsMin) {
            return false;
        }
        askedToMove = askBack(withinMs, reason);
        return askedToMove;
    }

    /** The site has said that the user still is who it was. */
    public void release() {
        SendQueue waited = held;
        held = null;
        if (state != SessionState.CLOSED) {
            deliverAll(waited);
        }
    }

    /** A publication, or what stands for one, on a channel of this session. */
    void deliver(Message message, boolean isPrivate) {
        if (held != null && isPrivate && state != SessionState.CLOSED) {
            held = longer(held, message);
        } else {
            deliver(message);
        }
    }

    private void deliver(Message message) {
        if (state == SessionState.CLOSED) {
            return;
        }
        if (arrival != null) {
            SendQueue early = arrival.early();
            arrival.early(longer(early == null ? hub.nothing() : early, message));
        } else if (isWanted(message)) {
            deliveries.add(1);
            send(message);
        } else {
            filter(message);
        }
    }

    private void filter(Message message) {
        notDelivered(message, Reason.NAMESPACE_NOT_WANTED);
        if (++filtered >= FILTERED_MAX) {
            renewToken();
        }
    }

    /** A channel has been joined; what was missed there follows. */
    void joined(Subscription subscription, boolean complete) {
        if (arrival != null) {
            arrival.heard(subscription.channel().label(), place(subscription));
            arrival.joined(complete);
            welcomeIfDue();
        }
    }

    /** Writes what waits, as far as the transport takes it. */
    public void flush() {
        flushing = false;
        SendQueue waiting = queue;
        if (state == SessionState.CLOSED || waiting.isEmpty()) {
            return;
        }
        int taken = 0;
        // While the transport has it, it is not here: a transport may ask for more, or end the session, before it
        // returns.
        queue = hub.nothing();
        try {
            taken = transport.write(waiting);
        } finally {
            written(waiting, taken);
        }
    }

    private void written(SendQueue waiting, int taken) {
        SendQueue left = waiting.after(taken, hub.nothing());
        hub.waits(left.bytes() - waiting.bytes());
        if (taken > 0) {
            writtenMs = hub.nowMs();
            sent += taken;
            sentBytes = plus(sentBytes, waiting.bytes() - left.bytes());
        }
        if (state == SessionState.CLOSED) {
            lose(left);
        } else if (queue.isEmpty()) {
            queue = left;
        } else {
            for (Message since : queue.messages()) {
                left = left.plus(since);
            }
            queue = left;
        }
    }

    /**
     * What has a receipt is with the network, which says what becomes of it.
     *
     * @param asked null for nothing, as nearly always
     */
    public void handedOver(@Nullable List<Message> asked, Future<Void> write) {
        if (asked != null) {
            write.onComplete(done -> left(asked, done.succeeded()));
        }
    }

    /** The same where the network has said what became of it; to be called on the session's event loop. */
    public void left(@Nullable List<Message> asked, boolean written) {
        if (asked != null) {
            asked.forEach(message -> {
                Receipt receipt = message.receipt();
                if (!written) {
                    lost(message);
                } else if (receipt != null) {
                    hub.reports().written(receipt, connection, transport.name(), user());
                }
            });
        }
    }

    /** It waited for a browser that has gone, or that was too slow. */
    private void lost(Message message) {
        notDelivered(message, overflowed ? Reason.SLOW : Reason.SESSION_ENDED);
    }

    private void notDelivered(Message message, Reason why) {
        Receipt receipt = message.receipt();
        if (receipt != null) {
            hub.reports().notDelivered(receipt, connection, why, transport.name(), user());
        }
    }

    private @Nullable String user() {
        return identity == null ? null : identity.user();
    }

    /** Ends the session and tells the browser why. */
    public void close(CloseReason reason) {
        if (state != SessionState.CLOSED) {
            flush();
            leaveAll(reason.code(), reason.text());
            hub.metrics().farewells().incrementAndGet();
            transport.close(reason);
            writtenMs = hub.nowMs();
            hub.wheel().schedule(this, writtenMs + hub.limits().closeWait().toMillis());
        }
    }

    /** Ends the session without a word, since that might be what does not work. */
    void abandon() {
        if (state != SessionState.CLOSED) {
            ended(CloseReason.STATE_LOST.code());
            transport.reset();
        }
    }

    /** The connection has gone, by whatever hand, or the browser knows that the session is closed. */
    public void ended(int code) {
        if (state == SessionState.CLOSED) {
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
        dropPace(nowMs);
        switch (state) {
            case CONNECTING -> {
                welcomeIfDue();
                long waitMs = hub.limits().helloWait().toMillis();
                // Who is not admitted yet has another wait before it then.
                long admittedMs = arrival == null ? 0 : arrival.admittedMs();
                long dueMs = Math.max(openedMs, admittedMs) + waitMs;
                return Math.min(heartbeat(nowMs), nowMs < dueMs ? dueMs : nowMs + waitMs);
            }
            case OPEN -> {
                if (nowMs >= tokenDueMs) {
                    renewToken();
                }
                return Math.min(heartbeat(nowMs), tokenDueMs);
            }
            case CLOSED -> {
                if (!ended && nowMs - writtenMs >= hub.limits().closeWait().toMillis()) {
                    farewellSaid();
                    transport.reset();
                }
                return Wheel.NEVER;
            }
        }
        throw new AssertionError(state);
    }

    private long heartbeat(long nowMs) {
        long heartbeatMs = shareOf(hub.limits().heartbeat());
        if (nowMs - writtenMs >= heartbeatMs) {
            transport.heartbeat();
            writtenMs = nowMs;
        }
        return writtenMs + heartbeatMs;
    }

    /** Nine tenths of it or more: each session has its own, or after a broadcast all would be due together [ms]. */
    private long shareOf(Duration longest) {
        return (long) (longest.toMillis() * (1 - 0.1 * share));
    }

    private void welcomeIfDue() {
        long waitMs = hub.limits().helloWait().toMillis();
        boolean helloOver = hello != null || hub.nowMs() - openedMs >= waitMs;
        if (arrival != null && identity != null && helloOver && arrival.areJoinsOver(hub.nowMs(), waitMs)) {
            welcome(identity, arrival);
        }
    }

    private void welcome(Identity who, Arrival over) {
        if (state == SessionState.CONNECTING) {
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

    private void deliverAll(@Nullable SendQueue waited) {
        if (waited != null) {
            hub.waits(-waited.bytes());
            for (Message message : waited.messages()) {
                deliver(message);
            }
        }
    }

    /** The queue with one message more; if the budget does not hold it, the queue as it was, and the session ends. */
    private SendQueue longer(SendQueue waiting, Message message) {
        if (waiting.takes(message, hub.limits().queueBytesMax())) {
            hub.waits(message.size());
            return waiting.plus(message);
        }
        overflow();
        lost(message);
        return waiting;
    }

    /** Nobody will get this. */
    private void lose(@Nullable SendQueue waiting) {
        if (waiting != null) {
            hub.waits(-waiting.bytes());
            for (Message message : waiting.messages()) {
                lost(message);
            }
        }
    }

    /** Begins to hear the channels, each from where the hello says, else from the acceptance on. */
    private void subscribe(Identity who) {
        ResumeToken.Read token = token(who);
        List<Subscription> former = subscriptions;
        List<Channel> channels = channels(who);
        if (arrival != null) {
            arrival.joining(channels.size(), token != null, token == null ? hub.asOfMs(start) : token.asOfMs());
            if (arrival.early() != null) {
                // It comes again, by the joins that begin now.
                hub.waits(-arrival.early().bytes());
                arrival.early(null);
            }
        }
        List<Subscription> begun = new ArrayList<>(channels.size());
        for (Channel channel : channels) {
            Subscription subscription = hub.subscribe(this, channel, start(channel, token));
            if (arrival != null) {
                arrival.heard(channel.label(), place(subscription));
            }
            begun.add(subscription);
        }
        subscriptions = List.copyOf(begun);
        former.forEach(hub::unsubscribe);
    }

    private Start start(Channel channel, ResumeToken.@Nullable Read token) {
        String label = channel.label();
        Place told = token == null ? null : token.place(label);
        Position seen =
                hello == null || token == null ? null : hello.positions().get(label);
        if (token != null && (seen != null || told != null)) {
            Point point = seen != null
                    ? Point.after(seen)
                    : Objects.requireNonNull(told).point();
            return Start.resumed(point, new Evidence(token.asOfMs(), told == null ? 0 : told.mark()));
        }
        boolean kept = hello != null && hello.inbox() && channel.kind() == Channel.Kind.USER;
        return kept ? Start.kept(start) : Start.fresh(start);
    }

    private Place place(Subscription subscription) {
        return new Place(subscription.place(), hub.mark(subscription.channel()));
    }

    /** The browser gets a token that says where it is now, so that it need not read again what it did not want. */
    private void renewToken() {
        // What is kept back has not been heard, but a token of now would say so.
        if (state == SessionState.OPEN && arrival == null && held == null && identity != null) {
            Map<String, Place> current = new HashMap<>();
            subscriptions.forEach(each -> current.put(each.channel().label(), place(each)));
            send(Message.resume(new ResumeToken(identity.user(), hub.asOfMs(start), current)));
        }
        filtered = 0;
        tokenDueMs = hub.nowMs() + shareOf(hub.limits().token());
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

    /** The token in the hello, if it is one and this user's; any other says nothing. */
    private ResumeToken.@Nullable Read token(Identity who) {
        String text = hello == null ? null : hello.resume();
        ResumeToken.Read token = text == null ? null : ResumeToken.decode(text);
        return token != null && token.isOf(who.user()) ? token : null;
    }

    private void pong() {
        if (arrival != null) {
            arrival.owesPong();
        } else {
            send(Message.pong());
        }
    }

    private void send(Message message) {
        if (state != SessionState.OPEN || overflowed) {
            lost(message);
            return;
        }
        queue = longer(queue, message);
        if (!flushing) {
            flushing = true;
            hub.flushLater(this);
        }
    }

    private void overflow() {
        if (!overflowed) {
            overflowed = true;
            // Not at once: the hub may be in the middle of handing a message to all of its sessions.
            hub.execute(() -> close(CloseReason.SLOW_CONSUMER));
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

    private boolean isTooFast() {
        long now = hub.nowMs();
        long before = receivedMs;
        dropPace(now);
        received++;
        receivedMs = now;
        if (received == 1 || now - before >= Pace.SECOND_MS) {
            return false;
        }
        if (pace == null) {
            // Whatever came before that one had come a second earlier, or there were a pace.
            pace = new Pace(hub.limits().messagesPerSecondMax());
            pace.allows(before);
        }
        return !pace.allows(now);
    }

    private void dropPace(long nowMs) {
        if (nowMs - receivedMs >= Pace.SECOND_MS) {
            pace = null;
        }
    }

    private static List<Channel> channels(Identity who) {
        List<Channel> channels = new ArrayList<>();
        if (who.user() != null) {
            channels.add(Channel.user(who.user()));
            who.topics().forEach(topic -> channels.add(Channel.topic(topic)));
        }
        channels.add(Channel.BROADCAST);
        return channels;
    }

    private static int plus(int unsigned, int more) {
        return (int) Math.min(0xFFFF_FFFFL, Integer.toUnsignedLong(unsigned) + more);
    }

    private void leaveAll(int code, String why) {
        become(SessionState.CLOSED);
        hub.metrics()
                .ended(new ConnectionEnd(
                        connection,
                        transport.name(),
                        code,
                        why,
                        hub.nowMs() - openedMs,
                        sent,
                        Integer.toUnsignedLong(sentBytes),
                        received,
                        Integer.toUnsignedLong(receivedBytes)));
        subscriptions.forEach(hub::unsubscribe);
        subscriptions = List.of();
        overflowed = overflowed || code == CloseReason.SLOW_CONSUMER.code();
        lose(queue);
        lose(arrival == null ? null : arrival.early());
        lose(held);
        queue = hub.nothing();
        arrival = null;
        held = null;
        hub.closed(this);
        onClosed.accept(this);
    }

    private void become(SessionState next) {
        if (!state.next().contains(next)) {
            throw new IllegalStateException(state + " cannot become " + next);
        }
        state = next;
    }
}
