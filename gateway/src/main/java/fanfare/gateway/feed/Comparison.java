package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.redis.Keys;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Finds lost last messages, which show no gap: each channel's newest position is compared with Redis within
 * {@value #ROUND_S} s. Nearly all are spared that, since users share their buckets' counters: while a counter stands where
 * it stood when all of its channels had been compared, none of them has anything newer. What is missing may still be on its
 * way, where much is: only when a probe has come that was sent later is it lost. Confined to the node loop.
 */
final class Comparison {
    private static final int ROUND_S = 60;
    /** How often {@link #goOn} wants to be called. */
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Channels' counters that are worth a call; a few each second would cost several times as much. */
    private static final int AT_ONCE = 100;

    /** A channel of which Redis had something newer, at a time of the shard's clock [ms]. */
    private record Suspect(Followed channel, ShardFeed feed, @Nullable Position newest, long askedMs) {
        /** Whether it is still followed where it was asked about. */
        boolean counts() {
            return channel.isWanted() && channel.feed() == feed;
        }

        /** Whether everything that was published till then has come. */
        boolean isHeard() {
            return channel.subscriber().heardMs() > askedMs;
        }
    }

    private final Feed feed;
    private final ChannelReader reader;
    private final Quiet quiet = new Quiet();
    /** Channels that are still to be compared in this round, those of one counter together. */
    private final Queue<List<Followed>> left = new ArrayDeque<>();

    private List<Suspect> suspects = new ArrayList<>();

    private int perBeat;
    /** How many the beats since the last call would have had. */
    private int owed;

    Comparison(Feed feed, ChannelReader reader) {
        this.feed = feed;
        this.reader = reader;
    }

    /** A link is lost: what is said from now on may be another master's word. */
    void lost() {
        quiet.forget();
        suspects.clear();
    }

    /** A probe has come. */
    void inStep() {
        List<Suspect> all = suspects;
        suspects = new ArrayList<>();
        for (Suspect suspect : all) {
            if (suspect.counts()) {
                if (suspect.isHeard()) {
                    suspect.channel().state().compare(suspect.newest());
                } else {
                    suspects.add(suspect);
                }
            }
        }
    }

    /** Compares a share of the channels, or saves it up. */
    void goOn() {
        if (left.isEmpty()) {
            Map<String, List<Followed>> counters = new HashMap<>();
            feed.followed(channel -> counters.computeIfAbsent(Keys.tag(channel.channel()), tag -> new ArrayList<>())
                    .add(channel));
            quiet.keep(counters.keySet());
            left.addAll(counters.values());
            perBeat = 1 + left.size() / ROUND_S;
        }
        owed += perBeat;
        if (owed >= Math.min(AT_ONCE, left.size())) {
            for (int i = 0; i < owed && !left.isEmpty(); i++) {
                compare(left.remove());
            }
            owed = 0;
        }
    }

    private void compare(List<Followed> channels) {
        Channel one = channels.get(0).channel();
        String tag = Keys.tag(one);
        int term = quiet.term();
        // Asked for before the newest positions, so that what comes between is only compared once more than need be.
        // It also has a topic's fence live on while somebody reckons with its mark: if that ended with a silent
        // log, what comes next would look like the first message after a loss.
        reader.counter(one).onSuccess(counter -> {
            if (quiet.isQuiet(tag, counter)) {
                return;
            }
            boolean all = true;
            for (Followed channel : channels) {
                if (channel.isWanted() && feed.isInStep(channel)) {
                    ShardFeed of = channel.feed();
                    reader.tail(channel.channel()).onSuccess(newest -> {
                        if (channel.state().lacks(newest)) {
                            suspects.add(new Suspect(channel, of, newest, of.writtenMs()));
                        }
                    });
                } else {
                    all = false;
                }
            }
            if (all) {
                quiet.compared(tag, counter, term);
            }
        });
    }
}
