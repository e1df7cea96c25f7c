package fanfare.publisher.auth;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** Makes an API key. The secret is shown once and kept nowhere. */
public final class NewKey {
    private static final int SECRET_BYTES = 32;
    private static final int ID_BYTES = 4;

    private NewKey() {}

    /**
     * Makes a key and says what to do with it.
     *
     * @param args key id and permissions, both optional; a rate may be among the permissions
     * @throws KeyFileException if an argument cannot be used
     */
    public static String describe(List<String> args, SecureRandom random) {
        String id = args.isEmpty() ? "key-" + HexFormat.of().formatHex(bytes(random, ID_BYTES)) : args.get(0);
        if (!ApiKey.isId(id)) {
            throw new KeyFileException("a key id is 1 to 64 characters of A-Z a-z 0-9 _ -");
        }
        List<String> permissions = args.size() < 2
                ? KeyFile.names()
                : List.of(String.join(",", args.subList(1, args.size())).split(","));
        KeyFile.Grants.parse(permissions);
        String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(random, SECRET_BYTES));
        return """
                # The key, for the site backend. It is not shown again:
                %s.%s
                # Its line for FANFARE_KEYS_FILE:
                %s
                """
                .formatted(id, secret, KeyFile.line(id, secret, permissions));
    }

    private static byte[] bytes(SecureRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
