package fanfare.broker;

import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * A publication until its caller is told what became of it.
 *
 * @param characters of its data
 * @param after id of the publication to the same channel that this one must not come before; null for none
 * @param deadlineNs when its caller is told that Redis is away
 * @param mailing what it is a part of; null for what goes to this channel alone
 */
record Attempt(
        Draft draft,
        int characters,
        Durability durability,
        @Nullable String after,
        Promise<Published> promise,
        long deadlineNs,
        @Nullable Mailing mailing) {}
