package fanfare.gateway.node;

import fanfare.control.Disconnect;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.session.CloseReason;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The users on this gateway and their connections, oldest first. Confined to the node loop. */
final class Roster {
    private final int connectionsPerUserMax;
    private final LongSupplier serverClockMs;
    private final Consumer<String> opened;
    private final Consumer<String> closed;
    private final Map<String, Set<Member>> users = new HashMap<>();
    /** Read by metrics and the lease from other threads. */
    private final AtomicInteger userCount = new AtomicInteger();

    /** {@code opened} and {@code closed} are told of every connection of a user, by the user's id. */
    Roster(int connectionsPerUserMax, LongSupplier serverClockMs, Consumer<String> opened, Consumer<String> closed) {
        this.connectionsPerUserMax = connectionsPerUserMax;
        this.serverClockMs = serverClockMs;
        this.opened = opened;
        this.closed = closed;
    }

    int users() {
        return userCount.get();
    }

    /** Enters a connection; a user who has too many loses the oldest. */
    void enter(String user, Member member) {
        member.entered(serverClockMs.getAsLong());
        Set<Member> members = users.get(user);
        if (members == null) {
            // One connection is all that nearly every user has, so it takes no table.
            users.put(user, Collections.singleton(member));
        } else {
            if (members.size() == 1) {
                members = new LinkedHashSet<>(members);
                users.put(user, members);
            }
            members.add(member);
        }
        userCount.set(users.size());
        opened.accept(user);
        if (members != null && members.size() > connectionsPerUserMax) {
            putOut(user, members.iterator().next());
        }
    }

    /** A user's connections, the oldest first. */
    List<Member> members(String user) {
        return List.copyOf(users.getOrDefault(user, Set.of()));
    }

    /** Closes a connection of a user who has too many. */
    void putOut(String user, Member member) {
        leave(user, member);
        member.close(CloseReason.TOO_MANY_CONNECTIONS);
    }

    /** Strikes a connection off; does nothing if it is off already. */
    void leave(String user, Member member) {
        Set<Member> members = users.get(user);
        if (members != null && members.contains(member)) {
            if (members.size() == 1) {
                users.remove(user);
                userCount.set(users.size());
            } else {
                members.remove(member);
            }
            closed.accept(user);
        }
    }

    void disconnect(Disconnect order) {
        CloseReason reason = new CloseReason(order.code(), "").because(order.reason());
        for (Member member : members(order.user())) {
            Identity identity = member.identity();
            boolean meant = order.session() == null
                    || (identity != null && order.session().equals(identity.session()));
            if (meant && !order.except().contains(member.connection())) {
                leave(order.user(), member);
                member.close(reason);
            }
        }
    }
}
