package fanfare.testing;

import io.vertx.core.Future;
import java.util.List;

/** What a {@link PushClient} speaks through. Safe to call on any thread. */
interface Wire {
    /** Where a wire tells what it hears; called on an event loop. */
    interface Ear {
        /** The server accepted the session: the 101 or SockJS' {@code o}. */
        void opened();

        void message(String text);

        void closed(int code, String reason);

        void refused(int status, String body);
    }

    /** Sends messages, together if the transport can; succeeds when they are written (WebSocket) or taken (xhr). */
    Future<Void> send(List<String> messages);

    /** Goes away as a closed tab does. */
    Future<Void> close();
}
