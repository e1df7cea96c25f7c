package fanfare.presence;

import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
        return byIncarnation().map(living -> living.values().stream()
                .sorted(Comparator.comparing(NodeState::node))
                .toList());
    }

    /** The same by their incarnations. */
    public Future<Map<String, NodeState>> byIncarnation() {
        return Leases.read(redis, keys).compose(leases -> {
            Map<String, Future<Response>> answers = new LinkedHashMap<>();
            leases.living()
                    .forEach(incarnation -> answers.put(
                            incarnation,
                            redis.send(
                                    keys.node(incarnation),
                                    Request.cmd(Command.GET).arg(keys.node(incarnation)))));
            return Future.all(List.copyOf(answers.values())).map(done -> {
                Map<String, NodeState> living = new LinkedHashMap<>();
                answers.forEach((incarnation, answer) -> {
                    Response value = answer.result();
                    // The lease may have ended since.
                    if (value != null && NodeState.isLease(value.toString())) {
                        living.put(incarnation, NodeState.parse(value.toString()));
                    }
                });
                return living;
            });
        });
    }
}
