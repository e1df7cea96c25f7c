package fanfare.publisher.webhook;

import fanfare.file.FileWatch;
import fanfare.file.UnusableFileException;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secrets in force, and what requests are signed with: Standard Webhooks 1.0.0, symmetric. A file has one secret a
 * line, {@code whsec_} and the key in base64; a {@code #} at the start of a line or after white space begins a comment.
 * Safe on any thread; a new file's secrets replace the old ones in one step.
 */
public final class Secrets implements FileWatch.Content {
    private static final String PREFIX = "whsec_";
    private static final String ALGORITHM = "HmacSHA256";
    /** By the standard, like the next [bytes]. */
    private static final int KEY_BYTES_MIN = 24;

    private static final int KEY_BYTES_MAX = 64;
    private static final int NEW_KEY_BYTES = 32;
    /** Each puts 47 characters into a header. */
    private static final int SECRETS_MAX = 10;

    /** Replaced as a whole. */
    private volatile List<SecretKeySpec> keys = List.of();

    /** Makes a secret, as a line for the file. */
    public static String make(SecureRandom random) {
        byte[] key = new byte[NEW_KEY_BYTES];
        random.nextBytes(key);
        return PREFIX + Base64.getEncoder().encodeToString(key);
    }

    @Override
    public Future<Void> replace(String text) {
        List<SecretKeySpec> next = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("(^|\\s)#.*", "").strip();
            if (!line.isEmpty()) {
                next.add(key(line, i + 1));
            }
        }
        if (next.isEmpty() || next.size() > SECRETS_MAX) {
            // None is also what a file looks like while somebody rewrites it in place.
            throw new UnusableFileException("it has " + next.size() + " secrets, not 1 to " + SECRETS_MAX);
        }
        keys = List.copyOf(next);
        return Future.succeededFuture();
    }

    @Override
    public int size() {
        return keys.size();
    }

    /** The signatures of a request by every secret, separated by blanks. */
    String sign(String id, long timestampS, byte[] body) {
        byte[] head = (id + "." + timestampS + ".").getBytes(StandardCharsets.US_ASCII);
        return keys.stream().map(key -> "v1," + hmac(key, head, body)).collect(Collectors.joining(" "));
    }

    private static SecretKeySpec key(String line, int number) {
        try {
            if (line.startsWith(PREFIX)) {
                byte[] key = Base64.getDecoder().decode(line.substring(PREFIX.length()));
                if (key.length >= KEY_BYTES_MIN && key.length <= KEY_BYTES_MAX) {
                    return new SecretKeySpec(key, ALGORITHM);
                }
            }
        } catch (IllegalArgumentException e) {
            // falls through to the one message, which quotes nothing of a secret
        }
        throw new UnusableFileException("line %d is not %s and %d to %d bytes in base64"
                .formatted(number, PREFIX, KEY_BYTES_MIN, KEY_BYTES_MAX));
    }

    private static String hmac(SecretKeySpec key, byte[] head, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(head);
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
