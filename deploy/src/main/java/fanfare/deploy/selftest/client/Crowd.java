package fanfare.deploy.selftest.client;

import fanfare.deploy.selftest.ledger.Ledger;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** All clients of one fault. Confined to the loop. */
public final class Crowd {
    /** Clients that dial in one go, and the pause before the next ones [ms]: 1,000 a second. */
    private static final int SLICE = 50;

    private static final long SLICE_MS = 50;
    private static final long PROBE_MS = 15_000;

    private final Vertx vertx;
    private final Loop loop;
    private final Dialer dialer;
    private final RandomGenerator random;
    private final Ledger ledger;
    private final int users;
    private final List<Client> clients = new ArrayList<>();
    /** How often each code ended a link that was welcome, and one that was not. */
    private final Map<Integer, Integer> disconnects = new TreeMap<>();

    private final Map<Integer, Integer> refusals = new TreeMap<>();
    private final long probes;
    private int moves;

    /** {@code users} of them; the first ones have a second client where there are more clients than users. */
    public Crowd(Vertx vertx, Loop loop, Dialer dialer, RandomGenerator random, Ledger ledger, int users) {
        this.loop = loop;
        this.dialer = dialer;
        this.random = random;
        this.ledger = ledger;
        this.users = users;
        this.vertx = vertx;
        this.probes = vertx.setPeriodic(PROBE_MS, timer -> clients.forEach(Client::probe));
    }

    /** New clients, one for each cookie, that dial at a steady pace. */
    public void join(List<String> cookies) {
        List<Client> newcomers = new ArrayList<>();
        for (String cookie : cookies) {
            int number = clients.size();
            int user = number % users;
            Transport transport = Transport.of(number);
            newcomers.add(new Client(
                    loop,
                    dialer,
                    random,
                    transport,
                    cookie,
                    ledger.account(user, "client %d (%s, user %d)".formatted(number, transport, user)),
                    this::count,
                    () -> moves++));
            clients.add(newcomers.get(newcomers.size() - 1));
        }
        dial(newcomers);
    }

    private void dial(List<Client> waiting) {
        int count = Math.min(SLICE, waiting.size());
        waiting.subList(0, count).forEach(Client::dial);
        if (count < waiting.size()) {
            List<Client> rest = waiting.subList(count, waiting.size());
            loop.after(SLICE_MS, () -> dial(rest));
        }
    }

    private void count(int code) {
        (code < 0 ? refusals : disconnects).merge(Math.abs(code), 1, Integer::sum);
    }

    public int size() {
        return clients.size();
    }

    /** Clients that have been welcomed and are connected. */
    public int in() {
        return (int) clients.stream().filter(Client::isIn).count();
    }

    /** Takes the network of the first clients of each hundred away, for {@link #comeBack} to bring it back. */
    public void drop(int percent) {
        for (int i = 0; i < clients.size(); i++) {
            if (i % 100 < percent) {
                clients.get(i).drop();
            }
        }
    }

    /** Everybody who was dropped dials in the same moment. */
    public void comeBack() {
        clients.stream().filter(Client::isHeld).forEach(Client::dial);
    }

    /** Ends all connections for good. */
    public void leave() {
        vertx.cancelTimer(probes);
        clients.forEach(Client::drop);
        clients.clear();
    }

    /** How often a connection ended that was in, not counting those that were dropped from this side. */
    public int disconnects() {
        return disconnects.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** How often a client changed its connection without being without one. */
    public int moves() {
        return moves;
    }

    /** How often an attempt to connect ended with this code. */
    public int refusals(int code) {
        return refusals.getOrDefault(code, 0);
    }

    /** Close code -> how often it ended a connection that was in. */
    public Map<Integer, Integer> disconnectsByCode() {
        return Map.copyOf(disconnects);
    }
}
