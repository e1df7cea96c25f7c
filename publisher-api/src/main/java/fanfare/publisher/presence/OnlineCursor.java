package fanfare.publisher.presence;

import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.presence.OnlinePage.Place;
import fanfare.redis.Buckets;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place in a walk, as a caller carries it to the next page without looking into it. */
final class OnlineCursor {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,4}):(.*)");

    private OnlineCursor() {}

    static String of(Place place) {
        String text = place.bucket() + ":" + place.after();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Reads what {@link #of} wrote.
     *
     * @throws fanfare.http.ProblemException if it did not write this
     */
    static Place place(String cursor) {
        Matcher text = TEXT.matcher(decoded(cursor));
        if (text.matches()) {
            int bucket = Integer.parseInt(text.group(1));
            String after = text.group(2);
            Place place = new Place(bucket, after);
            if (bucket < Buckets.COUNT && isIn(after, bucket) && of(place).equals(cursor)) {
                return place;
            }
        }
        throw garbage();
    }

    private static boolean isIn(String user, int bucket) {
        return user.isEmpty() || (Channel.isUser(user) && Buckets.tagOf(user).equals(Buckets.tag(bucket)));
    }

    private static String decoded(String cursor) {
        try {
            return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII);
        } catch (IllegalArgumentException e) {
            throw garbage();
        }
    }

    private static RuntimeException garbage() {
        return Problem.INVALID.of("cursor", "must be the cursor of the page before");
    }
}
