package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Publication;

/**
 * A publication to many users, which is encoded once for all of them, sent to Redis once for all under a tag, and handed to
 * each gateway once for all whom it holds; see {@link Broker#publish(Channel, Mailing, String)}. What each user gets is what
 * a publication to that user alone would be.
 */
public final class Mailing {
    /** A user by whom nobody is meant: drafts for others are made of this one's. */
    private static final Channel NOBODY = Channel.user("-");

    private final Draft draft;
    private final int characters;

    public Mailing(Publication publication) {
        this.draft = Draft.of(NOBODY, publication);
        this.characters = publication.data().length();
    }

    Draft draft(Channel user) {
        return draft.to(user);
    }

    /** The length of its data. */
    int characters() {
        return characters;
    }

    /** The publication itself, whoever it goes to. */
    Draft draft() {
        return draft;
    }
}
