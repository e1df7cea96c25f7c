package fanfare.deploy.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** All visitors of a gateway. Confined to the event loop. */
final class Crowd {
    /** How many come at once at first; the gateway's pace is not what is measured then. */
    private static final int COMING_AT_ONCE = 200;

    private static final int BUFFER_BYTES = 4 << 10;

    private final NetClient client;
    private final int port;
    private final List<Visitor> visitors = new ArrayList<>();

    Crowd(Vertx vertx, int port, int users) {
        this.client = vertx.createNetClient(new NetClientOptions()
                .setConnectTimeout((int) Duration.ofSeconds(30).toMillis())
                .setReceiveBufferSize(BUFFER_BYTES));
        this.port = port;
        IntStream.range(0, users)
                .forEach(user -> visitors.add(new Visitor(Publishing.user(user).name())));
    }

    Future<Void> come() {
        return Pipeline.run(
                visitors.size(), COMING_AT_ONCE, user -> visitors.get(user).come(client, port));
    }

    /** The first so many go at once. */
    Future<Void> leave(int count) {
        return Future.all(
                        visitors.subList(0, count).stream().map(Visitor::leave).toList())
                .mapEmpty();
    }

    /** The first so many come back at once; tells how many recovered. */
    Future<Long> comeBack(int count) {
        List<Future<Boolean>> welcomes = visitors.subList(0, count).stream()
                .map(visitor -> visitor.come(client, port))
                .toList();
        return Future.all(welcomes)
                .map(all -> welcomes.stream().filter(Future::result).count());
    }

    /** Completes when each of the first so many has heard this; called before it is published. */
    Future<Void> expect(int count, String data) {
        return Future.all(visitors.subList(0, count).stream()
                        .map(visitor -> visitor.expect(data))
                        .toList())
                .mapEmpty();
    }

    /** Whether they acknowledge from now on what has a receipt. */
    void acknowledge(boolean yes) {
        visitors.forEach(visitor -> visitor.acknowledge(yes));
    }

    /** How many events came to anybody. */
    long eventsHeard() {
        return visitors.stream().mapToLong(Visitor::eventsHeard).sum();
    }
}
