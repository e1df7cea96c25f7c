package fanfare.publisher.auth;

import fanfare.check.Report;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Reads the key file as a start would. */
public final class KeyFileCheck {
    private static final String SETTING = "FANFARE_KEYS_FILE";

    private KeyFileCheck() {}

    /** Reports how many keys there are, or which line is wrong; never fails. */
    public static Future<Void> run(Vertx vertx, String path, Report report) {
        return KeyFileWatch.read(vertx, path)
                .map(text -> KeyFile.parse(text).size())
                .onSuccess(keys -> report.ok(SETTING, keys + (keys == 1 ? " key" : " keys")))
                .otherwise(failure -> {
                    report.mistake(SETTING + " is '" + path + "': " + failure.getMessage());
                    return 0;
                })
                .mapEmpty();
    }
}
