package fanfare.gateway.session;

import java.util.concurrent.atomic.AtomicLong;

/** A number that one event loop changes and any thread reads; to change it costs that loop no more than a plain field. */
final class Count {
    private final AtomicLong value = new AtomicLong();

    void add(long more) {
        // Nobody else writes, so nothing is lost between the two.
        value.lazySet(value.getPlain() + more);
    }

    long value() {
        return value.get();
    }
}
