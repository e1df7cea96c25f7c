package fanfare.broker;

import fanfare.channel.Position;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The highest generation that was seen under each hash tag. A master that knows a lower one only is a master of the past.
 * Confined to one event loop.
 */
final class Generations {
    /** All buckets, and as many topics as a busy site uses; about 100 bytes each. */
    private static final int TAGS_MAX = 16_384;

    /** The one that was longest unused goes first. */
    private final Map<String, Long> highest = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > TAGS_MAX;
        }
    };

    void saw(String tag, Position position) {
        if (position.generation() > highest(tag)) {
            highest.put(tag, position.generation());
        }
    }

    /** 0 if none was seen. */
    long highest(String tag) {
        return highest.getOrDefault(tag, 0L);
    }
}
