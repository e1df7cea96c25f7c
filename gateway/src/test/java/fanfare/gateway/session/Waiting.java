package fanfare.gateway.session;

import fanfare.gateway.protocol.Message;
import java.util.List;

/** Makes what waits for a browser, for those who encode it. */
public final class Waiting {
    private Waiting() {}

    public static SendQueue of(List<Message> messages) {
        SendQueue queue = new SendQueue();
        for (Message message : messages) {
            queue = queue.plus(message);
        }
        return queue;
    }
}
