package fanfare.presence;

import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Reads which gateways live and what they say of themselves. Confined to the event loop of its links. */
public final class Gateways {
    private final RedisLinks redis;
    private final Keys keys;

    public Gateways(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Those whose lease lives, by name. Fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked. */
    public Future<List<NodeState>> living() {
        return livingBut("");
    }

    /** The same without the one of this incarnation. */
    public Future<List<NodeState>> livingBut(String self) {
        return Leases.read(redis, keys).compose(leases -> {
            List<Future<Response>> states = leases.living().stream()
                    .filter(incarnation -> !incarnation.equals(self))
                    .map(incarnation -> redis.send(
                            keys.node(incarnation), Request.cmd(Command.GET).arg(keys.node(incarnation))))
                    .toList();
            return Future.all(states).map(done -> states.stream()
                    .map(Future::result)
                    // The lease may have ended since.
                    .filter(Objects::nonNull)
                    .map(Response::toString)
                    .filter(NodeState::isLease)
                    .map(NodeState::parse)
                    .sorted(Comparator.comparing(NodeState::node))
                    .toList());
        });
    }
}
