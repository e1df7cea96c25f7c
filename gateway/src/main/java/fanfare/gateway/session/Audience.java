package fanfare.gateway.session;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who hears a channel on one event loop: of a user's channel nearly always one alone, for whom there is no list. */
final class Audience {
    private @Nullable Subscription first;
    /** All but the first; null for nobody. */
    private @Nullable List<Subscription> others;
    /** Of the channel's slot in Redis; 0 while it is not known. */
    int mark;

    void add(Subscription subscription) {
        if (first == null) {
            first = subscription;
        } else {
            if (others == null) {
                others = new ArrayList<>(1);
            }
            others.add(subscription);
        }
    }

    /** Takes one out; the last takes its place. */
    void remove(Subscription subscription) {
        int index = others == null ? -1 : others.indexOf(subscription);
        if (first != subscription && index < 0) {
            return;
        }
        Subscription last = others == null || others.isEmpty() ? null : others.remove(others.size() - 1);
        if (first == subscription) {
            first = last;
        } else if (last != null && last != subscription && others != null) {
            others.set(index, last);
        }
    }

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return (first == null ? 0 : 1) + (others == null ? 0 : others.size());
    }

    /** Who is here now, for one during whose work others may come and go. */
    List<Subscription> copy() {
        List<Subscription> all = new ArrayList<>(size());
        forEach(all::add);
        return all;
    }

    void forEach(Consumer<Subscription> action) {
        if (first != null) {
            action.accept(first);
        }
        if (others != null) {
            others.forEach(action);
        }
    }
}
