package fanfare.publisher.auth;

import io.vertx.ext.auth.authorization.Authorization;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The format of the key file: a line {@code keyId, sha256hex, permission[,permission...]} for each key. A {@code #} at the
 * start of a line or after white space begins a comment; {@code publish:user=/a} grants a permission for one namespace.
 * Among the permissions there may be the key's own rate, see {@link Rate}.
 */
public final class KeyFile {
    /**
     * What a key is good for.
     *
     * @param rate null if it has none of its own
     */
    record Grants(Set<Authorization> authorizations, @Nullable Rate rate) {
        /**
         * Reads what follows the secret's hash in a line.
         *
         * @throws KeyFileException if there is no permission, one that is unknown, or more than one rate
         */
        static Grants parse(List<String> elements) {
            List<String> rates = elements.stream()
                    .filter(element -> element.startsWith(Rate.PREFIX))
                    .toList();
            List<String> permissions = elements.stream()
                    .filter(element -> !element.startsWith(Rate.PREFIX))
                    .toList();
            if (permissions.isEmpty() || rates.size() > 1) {
                throw new KeyFileException("it takes one permission or more, and at most one rate");
            }
            return new Grants(KeyFile.authorizations(permissions), rates.isEmpty() ? null : Rate.parse(rates.get(0)));
        }
    }

    private KeyFile() {}

    /**
     * Reads the text of a key file.
     *
     * @return the keys by id, never empty
     * @throws KeyFileException naming the first line that is wrong; it quotes no line, since a careless one has a secret
     */
    static Map<String, ApiKey> parse(String text) {
        Map<String, ApiKey> keys = new HashMap<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("(^|\\s)#.*", "").strip();
            if (!line.isEmpty()) {
                read(line, i + 1, keys);
            }
        }
        if (keys.isEmpty()) {
            // Also what a file looks like while somebody rewrites it in place.
            throw new KeyFileException("it has no key");
        }
        return Map.copyOf(keys);
    }

    /** Writes the line of a key. */
    static String line(String id, String secret, List<String> permissions) {
        return id + ", " + HexFormat.of().formatHex(ApiKey.hash(secret)) + ", " + String.join(",", permissions);
    }

    /**
     * What permissions as the file writes them grant.
     *
     * @throws KeyFileException if one is unknown
     */
    static Set<Authorization> authorizations(List<String> texts) {
        Set<Authorization> authorizations = new HashSet<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            String namespace = equals < 0 ? null : text.substring(equals + 1);
            Permission permission = Permission.of(equals < 0 ? text : text.substring(0, equals));
            if (permission == null || (namespace != null && namespace.isEmpty())) {
                throw new KeyFileException("it names a permission that does not exist; there are " + names());
            }
            authorizations.add(permission.granted(namespace));
        }
        return authorizations;
    }

    /** Every permission without narrowing. */
    static List<String> names() {
        return List.of(Permission.values()).stream().map(Permission::text).toList();
    }

    private static void read(String line, int number, Map<String, ApiKey> keys) {
        List<String> parts =
                List.of(line.split(",", -1)).stream().map(String::strip).toList();
        if (parts.size() < 3) {
            throw new KeyFileException("line " + number + " is not: keyId, sha256hex, permission[,permission...]");
        }
        String id = parts.get(0);
        if (!ApiKey.isId(id)) {
            throw new KeyFileException("line " + number + ": a key id is 1 to 64 characters of A-Z a-z 0-9 _ -");
        }
        byte[] hash;
        try {
            hash = HexFormat.of().parseHex(parts.get(1));
        } catch (IllegalArgumentException e) {
            hash = new byte[0];
        }
        if (hash.length != ApiKey.HASH_BYTES) {
            throw new KeyFileException("line " + number + ": the second field is the secret's SHA-256, 64 hex digits");
        }
        try {
            Grants grants = Grants.parse(parts.subList(2, parts.size()));
            if (keys.put(id, ApiKey.of(id, hash, grants.rate(), grants.authorizations())) != null) {
                throw new KeyFileException("it has this key id twice");
            }
        } catch (KeyFileException e) {
            throw new KeyFileException("line " + number + ": " + e.getMessage());
        }
    }
}
