package fanfare.presence;

import fanfare.redis.Keys;

/** The keys of one bucket. */
record Bucket(String presence, String online, String grace, String seen, String events) {
    /** Entries of a bucket's stream of events, about. */
    static final int EVENTS_MAX = 1_000;

    static Bucket of(Keys keys, String tag) {
        return new Bucket(keys.presence(tag), keys.online(tag), keys.grace(tag), keys.seen(tag), keys.events(tag));
    }
}
