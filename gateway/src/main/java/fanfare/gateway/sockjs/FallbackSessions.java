package fanfare.gateway.sockjs;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The fallback sessions of this gateway by their ids. Shared by all event loops, since each request of a session may come
 * in on another; what it finds is called on the session's own.
 */
public final class FallbackSessions {
    private final Map<String, FallbackTransport> sessions = new ConcurrentHashMap<>();

    @Nullable
    FallbackTransport find(String id) {
        return sessions.get(id);
    }

    /** Enters a session; false if another request was first with the same id. */
    boolean enter(String id, FallbackTransport transport) {
        return sessions.putIfAbsent(id, transport) == null;
    }

    void forget(String id, FallbackTransport transport) {
        sessions.remove(id, transport);
    }
}
