package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Publication;

/**
 * A publication to many users, which is encoded once for all of them, sent to Redis once for as many as share a call, and
 * handed to each gateway once for all whom it holds; see {@link Broker#publish(Channel, Mailing, String)}. What each user
 * gets is what a publication to that user alone would be. Confined to the broker's event loop.
 */
public final class Mailing {
    /** A user by whom nobody is meant: drafts for others are made of this one's. */
    private static final Channel NOBODY = Channel.user("-");

    private final Draft draft;
    private final int characters;
    /** Parts of it that were sent so far. */
    private int parts;

    public Mailing(Publication publication) {
        this.draft = Draft.of(NOBODY, publication);
        this.characters = publication.data().length();
    }

    Draft draft(Channel user) {
        return draft.to(user);
    }

    /**
     * What one more part of it adds to the data that is held, in characters: a call for several parts has it once, and until
     * it is sent all parts share it.
     */
    int charactersOfNext(int partsACall) {
        return parts++ % partsACall == 0 ? characters : 0;
    }

    /** The publication itself, whoever it goes to. */
    Draft draft() {
        return draft;
    }
}
