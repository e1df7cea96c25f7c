package fanfare.gateway.node;

import fanfare.presence.Crowd;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Keeps the connections that a user has on all gateways together within the limit; those on this one alone are the
 * {@link Roster}'s. Confined to the node loop.
 *
 * <p>Who has told Redis of one more connection of a user whom others hold as well counts them all. If there are too many,
 * and still are a little later, all gateways are called to say when theirs began. Each then closes those of its own that
 * are not among the youngest so many of all. Whatever the order and however many do so at a time, the youngest stay: of
 * each that is closed, as many younger ones were there as may be.
 */
final class Crowds {
    /** Counts are told once a second; what was closed before the first look is known at the second [ms]. */
    private static final int CONFIRM_MS = 1_100;
    /**
     * How soon it is looked again whether all gateways have answered a call, then after twice as long each time [ms]. A
     * gateway that does not answer keeps all others looking, each for each user: they must not be Redis' load meanwhile.
     */
    private static final int ANSWER_MS = 100;

    private static final int ANSWERS_MAX = 5;

    /** Users looked at again at a time; of more the next connection tells again. It bounds what gateways ask each other. */
    private static final int SUSPECTS_MAX = 1_000;

    private final Vertx vertx;
    private final Crowd crowd;
    private final Roster roster;
    private final int connectionsPerUserMax;
    private final Supplier<String> incarnation;
    private final Supplier<String> ids;
    /** Users here with too many connections, by the last look; each is looked at again. */
    private final Set<String> suspects = new HashSet<>();
    /** Those of them about whom somebody has called since that look. */
    private final Set<String> called = new HashSet<>();
    /** Read by metrics from other threads. */
    private final AtomicInteger crowds = new AtomicInteger();

    private final Counter calls;
    private final Counter passedOver;

    /** @param ids gives a new random id for each call */
    Crowds(
            Vertx vertx,
            Crowd crowd,
            Roster roster,
            int connectionsPerUserMax,
            Supplier<String> incarnation,
            Supplier<String> ids,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.crowd = crowd;
        this.roster = roster;
        this.connectionsPerUserMax = connectionsPerUserMax;
        this.incarnation = incarnation;
        this.ids = ids;
        this.calls = Counter.builder("fanfare_crowd_calls_total")
                .description("Times that this gateway called all to say when their connections of a user began")
                .register(metrics);
        this.passedOver = Counter.builder("fanfare_crowds_passed_over_total")
                .description(
                        "Users with too many connections who were left alone, since there were too many such users")
                .register(metrics);
        Gauge.builder("fanfare_crowds", crowds, AtomicInteger::get)
                .description("Users here who have too many connections on all gateways together")
                .register(metrics);
    }

    /** Redis knows of one more connection of a user, whom other gateways may hold as well. */
    void shared(String user) {
        if (!suspects.contains(user)) {
            crowd.count(user)
                    .onSuccess(count -> {
                        if (count > connectionsPerUserMax) {
                            suspect(user);
                        }
                    })
                    .onFailure(away -> suspect(user));
        }
    }

    /** Takes a message of the channel on which gateways call each other. */
    void called(Buffer message) {
        String text = message.toString();
        int space = text.indexOf(' ');
        if (space > 0) {
            String user = text.substring(space + 1);
            if (suspects.contains(user)) {
                called.add(user);
            }
            List<Member> members = roster.members(user);
            if (!members.isEmpty()) {
                answer(user, text.substring(0, space), members, 1);
            }
        }
    }

    private void suspect(String user) {
        if (suspects.size() >= SUSPECTS_MAX) {
            passedOver.increment();
        } else if (suspects.add(user)) {
            crowds.set(suspects.size());
            lookAgain(user);
        }
    }

    private void acquit(String user) {
        suspects.remove(user);
        called.remove(user);
        crowds.set(suspects.size());
    }

    private void lookAgain(String user) {
        vertx.setTimer(CONFIRM_MS, timer -> {
            boolean wasCalled = called.remove(user);
            if (roster.members(user).isEmpty()) {
                acquit(user);
                return;
            }
            crowd.count(user)
                    .onSuccess(count -> {
                        if (count <= connectionsPerUserMax) {
                            acquit(user);
                            return;
                        }
                        if (!wasCalled) {
                            calls.increment();
                            crowd.call(user, ids.get());
                        }
                        lookAgain(user);
                    })
                    .onFailure(away -> lookAgain(user));
        });
    }

    private void answer(String user, String id, List<Member> members, int attempt) {
        String self = incarnation.get();
        List<Long> times = members.stream().map(Member::enteredMs).toList();
        crowd.tell(user, id, self, times).onSuccess(openings -> {
            if (openings != null) {
                close(user, members.subList(0, openings.excess(self, connectionsPerUserMax)));
            } else if (attempt < ANSWERS_MAX) {
                // A gateway that does not answer is dead, which its lease will tell, or another version.
                vertx.setTimer(ANSWER_MS << (attempt - 1), timer -> answer(user, id, members, attempt + 1));
            }
        });
    }

    private void close(String user, List<Member> oldest) {
        oldest.forEach(member -> roster.putOut(user, member));
    }
}
