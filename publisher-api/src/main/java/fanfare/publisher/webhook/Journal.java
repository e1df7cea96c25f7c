package fanfare.publisher.webhook;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.Refusal;
import fanfare.redis.StreamId;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What Redis keeps for one owner's time: the events, how far the site was told of them, and whom it takes for online. A
 * command names keys of one bucket only, and every write the owner's token. Confined to the event loop of its links.
 *
 * <p>Any call fails with {@link FencedException} when there is a later owner.
 */
final class Journal {
    private static final System.Logger LOG = System.getLogger(Journal.class.getName());

    /** Buckets a round trip, so that Redis serves others in between. */
    private static final int SLICE = 128;
    /** Events of a bucket in a round, so that a busy one waits for the others and all of a round fit into memory. */
    private static final int EVENTS_MAX = 50;
    /** Events that make up for lost ones at a time; half of what a stream keeps. */
    private static final int MENDED_MAX = 500;

    private static final class Place {
        final String tag;
        /** Identity of the master on which it was taken over; empty if it was on none. */
        String master = "";
        /** The last event that is done with. */
        StreamId cursor = StreamId.ZERO;
        /** Events were lost, and what the site believes is to be compared with what is so. */
        boolean lossy;

        Place(String tag) {
            this.tag = tag;
        }
    }

    private final RedisLinks redis;
    private final Keys keys;
    private final long token;
    private final WebhookMetrics metrics;
    private final LuaScript begin = new LuaScript("webhook-bucket", "webhook-begin");
    private final LuaScript told = new LuaScript("webhook-told");
    private final LuaScript mend = new LuaScript("webhook-bucket", "webhook-mend");
    /** By tag. */
    private final Map<String, Place> places = new LinkedHashMap<>();
    /** The last reading left something behind. */
    private boolean more;
    /** Buckets of which it found something missing. */
    private int losses;

    Journal(RedisLinks redis, Keys keys, long token, WebhookMetrics metrics) {
        this.redis = redis;
        this.keys = keys;
        this.token = token;
        this.metrics = metrics;
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            places.put(Buckets.tag(bucket), new Place(Buckets.tag(bucket)));
        }
    }

    /** Takes all buckets over whose shards can be reached. */
    Future<Void> begin() {
        return inSlices(this::begin).map(begun -> {
            LOG.log(
                    System.Logger.Level.INFO,
                    "this publisher tells the site who comes and goes; {0} of {1} buckets begin at the present",
                    Long.toString(begun.stream().filter(isNew -> isNew).count()),
                    Integer.toString(begun.size()));
            return null;
        });
    }

    /**
     * The next events of all buckets, oldest first, all of a bucket in its order. To be called when no others are left. A
     * bucket whose shard cannot be reached has none; one with another master is taken over anew, which may know less.
     */
    Future<List<Event>> read() {
        more = false;
        losses = 0;
        return inSlices(place -> isOurs(place) ? read(place) : begin(place).compose(begun -> read(place)))
                .map(read -> {
                    if (losses > 0) {
                        metrics.lost(losses);
                        LOG.log(
                                System.Logger.Level.WARNING,
                                "events of {0} buckets were lost before the site was told; what it believes will be mended",
                                Integer.toString(losses));
                    }
                    return read.stream()
                            .flatMap(List::stream)
                            .sorted(Comparator.comparing(Event::place))
                            .toList();
                });
    }

    /**
     * Whether an event is still to be told. If not, then neither are those behind it in its bucket: they come with a later
     * reading, should the bucket still have them.
     */
    boolean isCurrent(Event event) {
        Place place = place(event.tag());
        if (!isOurs(place)) {
            place.master = "";
        }
        return !place.master.isEmpty();
    }

    /** Whether it is worth reading again at once. */
    boolean hasMore() {
        return more;
    }

    /**
     * Those of some events that change what the site believes; others repeat what it knows, since something in between was
     * lost or given up. So what it is told of a user alternates.
     */
    Future<List<Event>> news(List<Event> events) {
        Map<String, List<String>> users = new LinkedHashMap<>();
        events.stream().filter(event -> event.change() != Event.Change.NONE).forEach(event -> users.computeIfAbsent(
                        event.tag(), tag -> new ArrayList<>())
                .add(event.user()));
        Map<String, Event.Change> believed = new HashMap<>();
        List<Future<Void>> answers = new ArrayList<>();
        users.forEach((tag, names) -> answers.add(believed(tag, names, believed)));
        return Future.all(answers).map(done -> events.stream()
                .filter(event -> event.change() != Event.Change.NONE
                        && believed.put(event.user(), event.change()) != event.change())
                .toList());
    }

    /** Notes that the site was told of some events, and needs to hear of all these no more. */
    Future<Void> settle(List<Event> taken, List<Event> told) {
        Map<String, List<Object>> notes = new LinkedHashMap<>();
        Map<String, StreamId> ends = new HashMap<>();
        taken.forEach(event -> ends.put(event.tag(), event.place()));
        ends.forEach((tag, end) -> notes.put(tag, new ArrayList<>(List.of(token, end, place(tag).lossy ? 1 : 0))));
        told.forEach(event -> notes.computeIfAbsent(event.tag(), tag -> new ArrayList<>())
                .add((event.change() == Event.Change.ONLINE ? "+" : "-") + event.user()));
        List<Future<Void>> answers = new ArrayList<>();
        notes.forEach(
                (tag, note) -> answers.add(owned(this.told.run(redis, List.of(keys.webhook(tag), keys.told(tag)), note))
                        .map(done -> {
                            StreamId end = ends.get(tag);
                            if (end != null) {
                                place(tag).cursor = end;
                            }
                            return (Void) null;
                        })
                        .recover(failure -> {
                            if (!Refusal.isOrDown(failure)) {
                                return Future.failedFuture(failure);
                            }
                            // To be taken over anew: whether it was noted is not known. The site may be told again.
                            place(tag).master = "";
                            return Future.succeededFuture();
                        })));
        return Future.all(answers).mapEmpty();
    }

    private boolean isOurs(Place place) {
        RedisLink link = redis.at(keys.webhook(place.tag));
        return link != null && link.isUp() && link.replid().equals(place.master);
    }

    private boolean isReachable(Place place) {
        return redis.isUp(keys.webhook(place.tag));
    }

    private Future<Boolean> begin(Place place) {
        RedisLink link = redis.at(keys.webhook(place.tag));
        String master = link == null ? "" : link.replid();
        return owned(begin.run(redis, withPresence(place), List.of(token))).map(answer -> {
            place.master = master;
            place.cursor = StreamId.of(answer.get(1));
            place.lossy = answer.get(2).toString().equals("1");
            return answer.get(0).toString().equals("NEW");
        });
    }

    private Future<List<Event>> read(Place place) {
        return range(place, "(" + place.cursor, "+", EVENTS_MAX).compose(entries -> {
            if (entries.size() == 0) {
                return place.lossy ? mend(place) : Future.succeededFuture(List.of());
            }
            more |= entries.size() == EVENTS_MAX;
            List<Event> events = new ArrayList<>();
            for (Response entry : entries) {
                events.add(Event.parse(place.tag, entry));
            }
            // Streams lose their oldest entries first: if that of the cursor is there, so is all that came after it.
            String cursor = place.cursor.toString();
            return range(place, cursor, cursor, 1).map(last -> {
                if (last.size() == 0) {
                    place.lossy = true;
                    losses++;
                }
                return events;
            });
        });
    }

    /** The events come with the next reading. */
    private Future<List<Event>> mend(Place place) {
        return owned(mend.run(redis, withPresence(place), List.of(token, MENDED_MAX)))
                .map(answer -> {
                    int count = Integer.parseInt(answer.get(1).toString());
                    place.lossy = count == MENDED_MAX;
                    more |= count > 0;
                    return List.of();
                });
    }

    private Future<Void> believed(String tag, List<String> users, Map<String, Event.Change> believed) {
        Request request = Request.cmd(Command.SMISMEMBER).arg(keys.told(tag));
        users.forEach(request::arg);
        return redis.send(keys.told(tag), request).map(answer -> {
            for (int i = 0; i < users.size(); i++) {
                boolean online = answer.get(i).toString().equals("1");
                believed.put(users.get(i), online ? Event.Change.ONLINE : Event.Change.OFFLINE);
            }
            return null;
        });
    }

    private Future<Response> range(Place place, String from, String to, int count) {
        return redis.send(
                keys.events(place.tag),
                Request.cmd(Command.XRANGE)
                        .arg(keys.events(place.tag))
                        .arg(from)
                        .arg(to)
                        .arg("COUNT")
                        .arg(count));
    }

    private List<String> withPresence(Place place) {
        return List.of(
                keys.webhook(place.tag),
                keys.told(place.tag),
                keys.events(place.tag),
                keys.online(place.tag),
                keys.grace(place.tag));
    }

    private Place place(String tag) {
        Place place = places.get(tag);
        if (place == null) {
            throw new IllegalStateException("no bucket " + tag);
        }
        return place;
    }

    private static Future<Response> owned(Future<Response> answer) {
        return answer.compose(said -> said.get(0).toString().equals("FENCED")
                ? Future.failedFuture(
                        new FencedException(Long.parseLong(said.get(1).toString())))
                : Future.succeededFuture(said));
    }

    private <T> Future<List<T>> inSlices(Function<Place, Future<T>> each) {
        return slice(places.values().stream().filter(this::isReachable).toList(), 0, each, new ArrayList<>());
    }

    private <T> Future<List<T>> slice(List<Place> all, int from, Function<Place, Future<T>> each, List<T> results) {
        if (from >= all.size()) {
            return Future.succeededFuture(results);
        }
        int to = Math.min(from + SLICE, all.size());
        List<Future<T>> answers = all.subList(from, to).stream().map(each).toList();
        return Future.join(answers).transform(done -> {
            for (Future<T> answer : answers) {
                if (answer.succeeded()) {
                    results.add(answer.result());
                } else if (!Refusal.isOrDown(answer.cause())) {
                    return Future.failedFuture(answer.cause());
                }
                // Whose shard is lost meanwhile, or takes no writes, is left to the next reading.
            }
            return slice(all, to, each, results);
        });
    }
}
