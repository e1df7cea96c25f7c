package fanfare.gateway.sockjs;

import fanfare.gateway.relay.Owners;
import fanfare.gateway.relay.Owners.Found;
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

    /** Takes a session out; false if it never was in. */
    boolean forget(String id, FallbackTransport transport) {
        return sessions.remove(id, transport);
    }

    /** This gateway lives under another id in Redis, where its sessions must not be taken for a dead one's. */
    public void claimAgain(Owners owners) {
        sessions.forEach((id, transport) -> owners.claim(id, new Found(null, transport.claim()))
                .onSuccess(found -> {
                    if (found.elsewhere() == null) {
                        transport.claim(found.taken());
                    }
                }));
    }
}
