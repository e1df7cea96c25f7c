package fanfare.deploy.selftest.client;

import fanfare.deploy.selftest.ledger.Account;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A browser's client without a browser. It follows fanfare.js: hello with token and positions, repeats dropped by id, no
 * event counts before the welcome that answers a wish to resume, full-jitter back-off, a planned move keeps the old link
 * until the new one is welcome.
 */
final class Client {
    private static final long BACKOFF_MS_FIRST = 1_000;
    private static final long BACKOFF_MS_MAX = 30_000;
    private static final long STABLE_AFTER_MS = 10_000;
    private static final long SILENCE_MS_MAX = 60_000;
    private static final long PONG_MS_MAX = 5_000;
    private static final int TOO_MANY_CONNECTIONS = 4106;
    private static final String PING = "{\"type\":\"ping\"}";
    private static final long NO_TIMER = -1;

    private final Loop loop;
    private final Dialer dialer;
    private final RandomGenerator random;
    private final Transport transport;
    private final String cookie;
    private final Account account;
    /** Told the code of each loss of a link that was welcome, and of each refusal of one that was not, negated. */
    private final IntConsumer losses;
    /** Told each time that a link took the place of one that lived, as the gateway had asked. */
    private final Runnable moves;

    private final Bookmark bookmark = new Bookmark();
    /** The link that is heard, and the one that is to take its place. */
    private @Nullable Link link;

    private @Nullable Link next;
    /** The pending attempt. */
    private long timer = NO_TIMER;

    private int attempt;
    /** It was welcome once. */
    private boolean known;
    /** It does not dial for now. */
    private boolean held;
    /** It was told to stay away: a page would have to do something now. */
    private boolean stopped;

    Client(
            Loop loop,
            Dialer dialer,
            RandomGenerator random,
            Transport transport,
            String cookie,
            Account account,
            IntConsumer losses,
            Runnable moves) {
        this.loop = loop;
        this.dialer = dialer;
        this.random = random;
        this.transport = transport;
        this.cookie = cookie;
        this.account = account;
        this.losses = losses;
        this.moves = moves;
    }

    boolean isIn() {
        return link != null;
    }

    boolean isHeld() {
        return held && !stopped;
    }

    void dial() {
        held = false;
        cancelTimer();
        if (next == null) {
            // In two steps: an attempt that fails at once must find itself in its place.
            next = new Link();
            next.open();
        }
    }

    /** Its network goes away; it does not come back before {@link #dial}. */
    void drop() {
        held = true;
        cancelTimer();
        Link former = link;
        Link coming = next;
        link = null;
        next = null;
        if (former != null) {
            former.close();
        }
        if (coming != null) {
            coming.close();
        }
    }

    /** Asks a link that has been silent for long whether it is there. */
    void probe() {
        if (link != null && loop.nowMs() - link.heardMs >= SILENCE_MS_MAX) {
            link.ping();
        }
    }

    private void hear(Link from, String text) {
        JsonObject message;
        try {
            message = new JsonObject(text);
        } catch (DecodeException e) {
            from.fail("no JSON");
            return;
        }
        boolean heard = from == link;
        switch (message.getString("type", "")) {
            case "welcome" -> welcome(from, message);
            case "event" -> {
                if (heard) {
                    event(message);
                }
            }
            case "resume" -> {
                if (heard) {
                    bookmark.renew(message.getString("resume"));
                }
            }
            case "gap" -> {
                if (heard) {
                    account.toldGap("broadcast".equals(message.getString("channel")), loop.nowMs());
                }
            }
            case "reconnect" -> {
                if (heard) {
                    schedule(message.getLong("delay", 0L));
                }
            }
            default -> {} // pong, error: being heard is all they are good for here
        }
    }

    private void welcome(Link from, JsonObject message) {
        Boolean recovered = message.getBoolean("recovered");
        if (from.asked && recovered == null) {
            return; // The hello was late: what comes before the welcome that answers it will come again.
        }
        if (from == next) {
            if (link != null) {
                link.close();
                moves.run();
            }
            link = from;
            next = null;
        }
        from.welcomedMs = loop.nowMs();
        bookmark.renew(message.getString("resume"));
        if (known && !Boolean.TRUE.equals(recovered)) {
            account.toldGap(true, loop.nowMs());
            account.toldGap(false, loop.nowMs());
        }
        known = true;
        account.opened(loop.nowMs());
    }

    private void event(JsonObject event) {
        boolean handedOn = bookmark.isNew(event);
        if (account.isConcernedWith(event.getString("id"))) {
            account.heard(event.getJsonObject("data").getInteger("number"), handedOn, loop.nowMs());
        }
    }

    private void lost(Link from, int code) {
        if (from == link) {
            link = null;
            if (loop.nowMs() - from.welcomedMs >= STABLE_AFTER_MS) {
                attempt = 0;
            }
            losses.accept(code);
        } else {
            next = null;
            losses.accept(-code);
        }
        boolean moved = code == TOO_MANY_CONNECTIONS && next != null;
        if (code >= 4100 && code <= 4199 && !moved) {
            stopped = true;
            drop();
        } else if (timer == NO_TIMER && next == null) {
            double ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * Math.pow(2, Math.min(attempt++, 10)));
            schedule((long) (random.nextDouble() * ceiling));
        }
    }

    private void schedule(long delayMs) {
        cancelTimer();
        timer = loop.after(delayMs, () -> {
            timer = NO_TIMER;
            if (!held) {
                dial();
            }
        });
    }

    private void cancelTimer() {
        if (timer != NO_TIMER) {
            loop.cancel(timer);
            timer = NO_TIMER;
        }
    }

    /** One connection, from dialling to its end, which it reports once unless it was closed from this side. */
    private final class Link implements Connection.Ear {
        /** Whether its hello asked to resume. */
        private boolean asked;

        private boolean accepted;
        private boolean ended;
        private long welcomedMs = Long.MAX_VALUE;
        private long heardMs = loop.nowMs();
        private @Nullable Connection connection;

        void open() {
            loop.after(Dialer.OPEN_MS_MAX, () -> {
                if (!accepted) {
                    fail("not open in time");
                }
            });
            connection = dialer.dial(transport, cookie, this);
            if (ended) {
                connection.close();
            }
        }

        @Override
        public void opened() {
            accepted = true;
            heardMs = loop.nowMs();
            asked = bookmark.canResume();
            send(bookmark.hello().encode());
        }

        @Override
        public void message(String text) {
            heardMs = loop.nowMs();
            if (!ended) {
                hear(this, text);
            }
        }

        @Override
        public void beat() {
            heardMs = loop.nowMs();
        }

        @Override
        public void closed(int code, String reason) {
            if (!ended) {
                ended = true;
                lost(this, code);
            }
        }

        void ping() {
            long askedMs = loop.nowMs();
            send(PING);
            loop.after(PONG_MS_MAX, () -> {
                if (heardMs < askedMs) {
                    fail("no pong");
                }
            });
        }

        void fail(String reason) {
            if (!ended) {
                Connection dead = connection;
                if (dead != null) {
                    dead.close();
                }
                closed(SockJsFrame.ABNORMAL, reason);
            }
        }

        void close() {
            ended = true;
            if (connection != null) {
                connection.close();
            }
        }

        private void send(String text) {
            if (connection != null) {
                connection.send(text);
            }
        }
    }
}
