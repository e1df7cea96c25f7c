package fanfare.gateway.relay;

import fanfare.gateway.relay.Owners.Found;
import fanfare.http.Problem;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;

/** Where a fallback session is that is not on this gateway. */
public interface Whereabouts {
    /** For a gateway that is alone, or knows of no other: what is not here is nowhere. */
    Whereabouts ALONE = new Whereabouts() {
        private final Found nobody = new Found(null, "");

        @Override
        public Future<Found> find(String id) {
            return Future.succeededFuture(nobody);
        }

        @Override
        public Future<Found> claim(String id, Found found) {
            return Future.succeededFuture(nobody);
        }

        @Override
        public void release(String id, String taken) {}

        @Override
        public Future<Boolean> handOn(RoutingContext context, String id, Owner owner, Buffer body) {
            return Future.failedFuture(new IllegalStateException("there is no other gateway"));
        }
    };

    /** For requests that another gateway has handed on: they are not handed on once more. */
    Whereabouts MISDIRECTED = new Whereabouts() {
        @Override
        public Future<Found> find(String id) {
            return notHere();
        }

        @Override
        public Future<Found> claim(String id, Found found) {
            return notHere();
        }

        @Override
        public void release(String id, String taken) {}

        @Override
        public Future<Boolean> handOn(RoutingContext context, String id, Owner owner, Buffer body) {
            return notHere();
        }

        private <T> Future<T> notHere() {
            return Future.failedFuture(Problem.MISDIRECTED.because("the session is not on this gateway"));
        }
    };

    /** Looks for the gateway that holds a session; fails if that cannot be known now. */
    Future<Found> find(String id);

    /** Makes this gateway the owner of a session that is nobody's, unless another one is quicker. */
    Future<Found> claim(String id, Found found);

    /** A session that was claimed as {@code taken} is over. */
    void release(String id, String taken);

    /**
     * Hands a request on to a session's owner and the answer back, until both are over.
     *
     * @return false if the owner does not know the session any more; fails if it could not be reached, or went away before
     *     it answered. What breaks off later ends the browser's connection.
     */
    Future<Boolean> handOn(RoutingContext context, String id, Owner owner, Buffer body);
}
