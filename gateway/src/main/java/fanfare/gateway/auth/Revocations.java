package fanfare.gateway.auth;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who was put out lately. An answer of the site to a request that was sent before says nothing any more, wherever it comes
 * from: the cache, or a request still under way. Confined to the node loop.
 */
final class Revocations {
    /** One more, and the oldest is forgotten. */
    private static final int MAX = 100_000;

    private record Revocation(String user, @Nullable String session, long atMs) {}

    private final long keptMs;
    private final Deque<Revocation> inOrder = new ArrayDeque<>();
    private final Map<String, List<Revocation>> byUser = new HashMap<>();

    /** Remembers each for {@code keptMs}, the longest that an older answer can still turn up. */
    Revocations(long keptMs) {
        this.keptMs = keptMs;
    }

    void add(String user, @Nullable String session, long nowMs) {
        forget(nowMs);
        Revocation revocation = new Revocation(user, session, nowMs);
        inOrder.add(revocation);
        byUser.computeIfAbsent(user, none -> new ArrayList<>(1)).add(revocation);
    }

    /** Whether an answer to a request sent at {@code askedMs} was overtaken. */
    boolean overtook(Identity identity, long askedMs) {
        String user = identity.user();
        return user != null
                && byUser.getOrDefault(user, List.of()).stream()
                        .anyMatch(revocation -> revocation.atMs() >= askedMs
                                && (revocation.session() == null
                                        || revocation.session().equals(identity.session())));
    }

    private void forget(long nowMs) {
        while (!inOrder.isEmpty()
                && (inOrder.size() >= MAX || nowMs - inOrder.element().atMs() > keptMs)) {
            Revocation oldest = inOrder.remove();
            List<Revocation> ofUser = byUser.get(oldest.user());
            if (ofUser != null && ofUser.remove(oldest) && ofUser.isEmpty()) {
                byUser.remove(oldest.user());
            }
        }
    }
}
