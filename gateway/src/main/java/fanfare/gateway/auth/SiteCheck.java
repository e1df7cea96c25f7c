package fanfare.gateway.auth;

import fanfare.check.Report;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;

/** Asks the site who a browser without a cookie is. */
public final class SiteCheck {
    private static final String SETTING = "FANFARE_SITE_AUTH_URL";

    private SiteCheck() {}

    /** Reports what it says; never fails. */
    public static Future<Void> run(Vertx vertx, AuthConfig config, Report report) {
        Promise<Void> done = Promise.promise();
        vertx.runOnContext(turn -> {
            SiteClient client = new SiteClient(
                    vertx,
                    config.siteAuthUrl(),
                    config.limits(),
                    System::currentTimeMillis,
                    new SiteLog(System::currentTimeMillis),
                    new SimpleMeterRegistry());
            client.ask(new Credentials(null, null, null, null, "127.0.0.1"), false)
                    .onSuccess(answer -> judge(answer, report))
                    .eventually(client::close)
                    .<Void>mapEmpty()
                    .onComplete(done);
        });
        return done.future();
    }

    private static void judge(Answer answer, Report report) {
        if (answer instanceof Answer.NotLoggedIn) {
            report.ok(SETTING, "the site knows nobody without a cookie");
        } else if (answer instanceof Answer.Known known && known.identity().isAnonymous()) {
            report.ok(SETTING, "the site says user null of whoever has no cookie");
        } else if (answer instanceof Answer.Known known) {
            report.error(
                    SETTING,
                    "the site takes whoever has no cookie for the user "
                            + known.identity().user() + "; answer 401 instead");
        } else if (answer instanceof Answer.Misconfigured misconfigured) {
            report.error(SETTING, misconfigured.words());
        } else if (answer instanceof Answer.Unavailable unavailable) {
            report.error(
                    SETTING,
                    "the site does not answer, correct the URL or start it: " + SiteLog.quoted(unavailable.why()));
        } else {
            throw new IllegalStateException(answer.toString());
        }
    }
}
