package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.check.Report;
import fanfare.config.Env;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import fanfare.testing.TestSite.Answer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class SiteCheckIT {
    @Test
    void aSiteThatKnowsNobodyWithoutACookieWillDo(Vertx vertx) throws Exception {
        try (TestSite site = TestSite.start(vertx)) {
            assertThat(check(vertx, site.authUrl()))
                    .startsWith("0 ok       FANFARE_SITE_AUTH_URL: the site knows nobody");
            site.answer(Answer.of(403));
            assertThat(check(vertx, site.authUrl())).startsWith("0 ok");
            site.answer(Answer.of(new JsonObject().putNull("user")));
            assertThat(check(vertx, site.authUrl())).startsWith("0 ok").contains("user null");
            assertThat(site.requests()).hasSize(3).noneMatch(request -> request.header("cookie") != null);
        }
    }

    @Test
    void whatTheSiteDoesInsteadIsNamedWithTheFix(Vertx vertx) throws Exception {
        try (TestSite site = TestSite.start(vertx)) {
            site.answer(new Answer(302, Map.of("Location", "/login?next=x"), ""));
            assertThat(check(vertx, site.authUrl()))
                    .startsWith("1 error")
                    .contains("302, Location: /login?next=x")
                    .contains("answer 401 instead");
            site.answer(Answer.of(404));
            assertThat(check(vertx, site.authUrl())).startsWith("1 error").contains("404", "answer 401 instead");
            site.answer(new Answer(200, Map.of("Content-Type", "text/html"), "<!doctype html><title>Log in</title>"));
            assertThat(check(vertx, site.authUrl()))
                    .startsWith("1 error")
                    .contains("200 and an answer that is not a JSON object", "answer 401 instead");
            site.answer(Answer.of(new JsonObject().put("user", "42")));
            assertThat(check(vertx, site.authUrl()))
                    .startsWith("1 error")
                    .contains("the user 42", "answer 401 instead");
            site.answer(Answer.of(503));
            assertThat(check(vertx, site.authUrl())).startsWith("1 error").contains("status 503");
        }
    }

    @Test
    void nobodyThere(Vertx vertx) throws Exception {
        assertThat(check(vertx, "http://127.0.0.1:" + RedisServer.freePort() + "/push/auth"))
                .startsWith(
                        "1 error    FANFARE_SITE_AUTH_URL: the site does not answer, correct the URL or start it: ");
    }

    /** Exit code and lines. */
    private static String check(Vertx vertx, String url) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Report report = new Report(new PrintStream(out, true, StandardCharsets.UTF_8));
        SiteCheck.run(vertx, AuthConfig.from(new Env(Map.of("FANFARE_SITE_AUTH_URL", url))), report)
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        return report.exitCode() + " " + out.toString(StandardCharsets.UTF_8);
    }
}
