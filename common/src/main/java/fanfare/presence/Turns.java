package fanfare.presence;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whose turn it is to be told of to one shard. Confined like its {@link PresenceWriter}. */
final class Turns {
    /** Scripts under way at a time. */
    private static final int UNDER_WAY_MAX = 500;
    /** The same while nobody is urgent: all gateways announce everybody at a time, and publications wait behind that. */
    private static final int ANNOUNCING_MAX = 50;

    /** To be told as soon as there is room. */
    private final Set<String> urgent = new LinkedHashSet<>();
    /** Told already, to a master that is not there any more or for another incarnation. */
    private final Set<String> anew = new LinkedHashSet<>();
    /** Scripts that were not answered. */
    private int underWay;

    void urgent(String user) {
        urgent.add(user);
    }

    void anew(String user) {
        anew.add(user);
    }

    void forget(String user) {
        urgent.remove(user);
        anew.remove(user);
    }

    /** Takes out whose turn it is; null if there is nobody, or no room. */
    @Nullable
    String next() {
        Set<String> from = urgent.isEmpty() ? anew : urgent;
        if (from.isEmpty() || underWay >= (urgent.isEmpty() ? ANNOUNCING_MAX : UNDER_WAY_MAX)) {
            return null;
        }
        String user = from.iterator().next();
        from.remove(user);
        return user;
    }

    void sent() {
        underWay++;
    }

    void answered() {
        underWay--;
    }

    boolean isIdle() {
        return underWay == 0;
    }

    /** Everybody who waits. */
    Set<String> waiting() {
        Set<String> all = new LinkedHashSet<>(urgent);
        all.addAll(anew);
        return all;
    }
}
