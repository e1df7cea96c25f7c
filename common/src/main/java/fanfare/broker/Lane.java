package fanfare.broker;

import fanfare.redis.Redirect;
import fanfare.redis.RedisLink;
import fanfare.redis.Refusal;
import fanfare.redis.Shard;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection for publications, and whether it may open generations. Whoever is told FENCED reconnects and reads the
 * master's identity again; if it is the same, this is the master now, and the fence is of the past.
 */
final class Lane {
    /** What a lane tells its owner. */
    interface Listener {
        void up(Lane lane);

        void down(Lane lane);
    }

    private final Shards shards;
    private final RedisLink link;
    /** Identity of the master that has told us FENCED. */
    private @Nullable String fencedBy;
    /** The current connection was made after a FENCED and reached the same master. */
    private boolean mayOpen;

    Lane(
            Vertx vertx,
            Shards shards,
            Shard shard,
            String name,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener listener) {
        this.shards = shards;
        this.link = new RedisLink(vertx, shard.masters(), name, random, metrics, new RedisLink.Listener() {
            @Override
            public void up() {
                mayOpen = link().replid().equals(fencedBy);
                listener.up(Lane.this);
            }

            @Override
            public void down() {
                mayOpen = false;
                listener.down(Lane.this);
            }
        });
    }

    RedisLink link() {
        return link;
    }

    boolean mayOpen() {
        return mayOpen;
    }

    /** The master that a connection with this identity reached has answered FENCED. */
    void fenced(String replid) {
        fencedBy = replid;
        if (!mayOpen && link.replid().equals(replid)) {
            link.reconnect("another master opened the generation; the identity must be read again");
        }
    }

    /**
     * Drops the connection if Redis' error means that this server takes no writes, and looks where the slot is if it is not
     * here; says whether it is either, so that the same may be taken later.
     */
    boolean refused(String message) {
        if (Redirect.is(message)) {
            shards.refresh(link);
            return true;
        }
        boolean refused = Refusal.is(message);
        if (refused) {
            link.reconnect(message);
        }
        return refused;
    }
}
