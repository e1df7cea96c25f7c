package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.gateway.session.CloseReason;
import fanfare.process.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SiteAuthenticatorIT {
    private static final long START_MS = 1_700_000_000_000L;
    private static final long MINUTE_MS = 60_000;
    /** In this time everybody is asked about who is in doubt. */
    private static final long DOUBT_MS = 20_000;

    /** For an answer, whose time is the machine's and not the test's: longer than any test holds one back. */
    private static final Duration PATIENT = Duration.ofMinutes(1);

    private static final String USER_42 = "{\"user\":42,\"session\":\"s1\"}";

    private final Vertx vertx = Vertx.vertx();
    private final Context loop = vertx.getOrCreateContext();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AtomicLong clockMs = new AtomicLong(START_MS);
    /** By how much somebody has set the wall clock forward since then. */
    private long setForwardMs;
    /** What every draw comes to. */
    private volatile double random = 0.5;

    private ProgrammableSite site;
    private @Nullable SiteAuthenticator authenticator;

    /** What a session heard about its login. */
    private static final class Heard implements LoginListener {
        final List<CloseReason> ends = new CopyOnWriteArrayList<>();
        final List<Identity> changes = new CopyOnWriteArrayList<>();
        final AtomicInteger rechecks = new AtomicInteger();

        @Override
        public void ended(CloseReason reason) {
            ends.add(reason);
        }

        @Override
        public void changed(Identity identity) {
            changes.add(identity);
        }

        @Override
        public void rechecked() {
            rechecks.incrementAndGet();
        }
    }

    @BeforeEach
    void aSite() throws Exception {
        site = new ProgrammableSite(vertx);
    }

    @AfterEach
    void stop() throws Exception {
        if (authenticator != null) {
            await(onLoop(authenticator::close));
        }
        site.close();
        await(vertx.close());
    }

    // ---- one question at a time

    @Test
    void identicalQuestionsAreOneRequest() throws Exception {
        start(AnonymousPolicy.DENY);
        List<Future<Login>> logins = logins(20, browser("a=1"));
        eventually(() -> site.held.size() == 1);
        site.held.get(0).end(USER_42);
        for (Future<Login> login : logins) {
            assertThat(await(login).identity().user()).isEqualTo("42");
        }
        assertThat(site.seen).hasSize(1);
        assertThat(results("ok")).isEqualTo(1);
        assertThat(results("shared")).isEqualTo(19);
        assertThat(logins.stream()
                        .map(login -> System.identityHashCode(login.result().credentials()))
                        .distinct())
                .as("one copy of the credentials")
                .hasSize(1);
    }

    @Test
    void questionsThatDifferInAnyHeaderAreSeveral() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        List<Credentials> browsers = List.of(
                new Credentials("a=1", "u", "l", "o", "10.0.0.1"),
                new Credentials("a=2", "u", "l", "o", "10.0.0.1"),
                new Credentials("a=1", "U", "l", "o", "10.0.0.1"),
                new Credentials("a=1", "u", "L", "o", "10.0.0.1"),
                new Credentials("a=1", "u", "l", null, "10.0.0.1"),
                new Credentials("a=1", "u", "l", "o", "10.0.0.2"));
        for (Credentials browser : browsers) {
            await(login(browser));
        }
        assertThat(site.seen).hasSize(6);
    }

    @Test
    void theSiteSeesWhatTheBrowserSent() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(new Credentials("a=1; b=2", "agent", "de, en", "https://a.example", "203.0.113.9")));
        var headers = site.seen.get(0);
        assertThat(headers.getAll("Cookie")).containsExactly("a=1; b=2");
        assertThat(headers.get("User-Agent")).isEqualTo("agent");
        assertThat(headers.get("Accept-Language")).isEqualTo("de, en");
        assertThat(headers.get("Origin")).isEqualTo("https://a.example");
        assertThat(headers.getAll("X-Forwarded-For")).containsExactly("203.0.113.9");
        assertThat(headers.contains("X-Fanfare-Recheck")).isFalse();
    }

    @Test
    void withoutCookiesAUserIsNotShared() throws Exception {
        start(AnonymousPolicy.ALLOW);
        List<Future<Login>> logins = logins(3, browser(null));
        eventually(() -> site.held.size() == 1);
        AtomicLong users = new AtomicLong();
        site.answers(response -> response.end("{\"user\":" + users.incrementAndGet() + "}"));
        site.held.get(0).end("{\"user\":0}");
        List<String> names = new ArrayList<>();
        for (Future<Login> login : logins) {
            names.add(String.valueOf(await(login).identity().user()));
        }
        assertThat(names).containsExactly("0", "1", "2");
        assertThat(await(login(browser(null))).identity().user())
                .as("not cached")
                .isEqualTo("3");
    }

    @ParameterizedTest
    @CsvSource({"200, '{\"user\":null}'", "401, ''"})
    void withoutCookiesNobodyIsShared(int status, String body) throws Exception {
        start(AnonymousPolicy.ALLOW);
        List<Future<Login>> logins = logins(3, browser(null));
        eventually(() -> site.held.size() == 1);
        site.held.get(0).setStatusCode(status).end(body);
        for (Future<Login> login : logins) {
            assertThat(await(login).identity().isAnonymous()).isTrue();
        }
        assertThat(site.seen).hasSize(1);
    }

    @Test
    void aPositiveAnswerIsKeptForFiveSeconds() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
        clockMs.addAndGet(4_999);
        await(login(browser("a=1")));
        assertThat(site.seen).hasSize(1);
        assertThat(results("cached")).isEqualTo(1);
        clockMs.addAndGet(1);
        await(login(browser("a=1")));
        assertThat(site.seen).hasSize(2);
    }

    @Test
    void aRefusalIsNotKept() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(401, "");
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.NOT_LOGGED_IN);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
    }

    @Test
    void anAnonymousAnswerToCookiesIsNotKept() throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(200, "{\"user\":null}");
        assertThat(await(login(browser("a=1"))).identity().isAnonymous()).isTrue();
        site.answers(200, USER_42);
        assertThat(await(login(browser("a=1"))).identity().user()).isEqualTo("42");
    }

    @Test
    void soManyAreAskedAtATimeAndTheRestInOrder() throws Exception {
        start(AnonymousPolicy.DENY, limits(2, 3, PATIENT));
        List<Future<Login>> logins = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            logins.add(login(browser("a=" + i)));
        }
        assertThat(refusal(login(browser("a=5")))).as("the queue is full").isEqualTo(CloseReason.OVERLOADED);
        eventually(() -> site.held.size() == 2);
        assertThat(metrics.get("fanfare_auth_in_flight").gauge().value()).isEqualTo(2);
        assertThat(metrics.get("fanfare_auth_queued").gauge().value()).isEqualTo(3);
        for (int i = 0; i < 5; i++) {
            int next = i;
            eventually(() -> site.held.size() > next);
            site.held.get(i).end(USER_42);
        }
        for (Future<Login> login : logins) {
            await(login);
        }
        assertThat(site.seen.subList(2, 5).stream().map(headers -> headers.get("Cookie")))
                .containsExactly("a=2", "a=3", "a=4");
        assertThat(results("overloaded")).isEqualTo(1);
    }

    @Test
    void whoWaitsTooLongForATurnIsToldSo() throws Exception {
        start(AnonymousPolicy.DENY, limits(1, 10, PATIENT));
        Future<Login> first = login(browser("a=1"));
        Future<Login> second = login(browser("a=2"));
        eventually(() -> site.held.size() == 1);
        clockMs.addAndGet(30_000);
        site.held.get(0).end(USER_42);
        await(first);
        assertThat(refusal(second)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        assertThat(site.seen).hasSize(1);
    }

    // ---- odd answers

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void whoIsNotLoggedInIsRefusedOrAnonymous(int status) throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(status, "please log in");
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.NOT_LOGGED_IN);
        await(onLoop(subject()::close));
        start(AnonymousPolicy.ALLOW);
        assertThat(await(login(browser("a=1"))).identity()).isEqualTo(Identity.ANONYMOUS);
        assertThat(site.seen).hasSize(2);
    }

    @Test
    void anAnonymousAnswerIsRefusedWhereNobodyMayBeAnonymous() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, "{\"user\":null}");
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.NOT_LOGGED_IN);
    }

    @ParameterizedTest
    @CsvSource({
        "301, ''",
        "302, ''",
        "304, ''",
        "200, '<html>log in</html>'",
        "200, '{}'",
        "200, ''",
        "200, '{\"user\":\"a b\"}'",
        "204, ''",
        "400, ''",
        "404, '{\"user\":42}'",
        "418, '{\"user\":42}'",
    })
    void aMisconfiguredSiteLetsNobodyInAndIsAskedOnce(int status, String body) throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(response -> response.setStatusCode(status)
                .putHeader("Location", "/push/auth?logged-in")
                .end(body));
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        assertThat(site.seen).hasSize(1);
        assertThat(results("misconfigured")).isEqualTo(1);
    }

    @Test
    void aBodyWithoutEndIsNotRead() throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(response -> response.end("{\"user\":42}" + " ".repeat(65_536)));
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        site.answers(response -> response.end("{\"user\":42}" + " ".repeat(60_000)));
        assertThat(await(login(browser("a=1"))).identity().user()).isEqualTo("42");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 504})
    void anUnavailableSiteIsAskedThreeTimes(int status) throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(status, "{\"user\":42}");
        Future<Login> login = login(browser("a=1"));
        retriesAfter(1_000, 3);
        assertThat(refusal(login)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        assertThat(site.seen).hasSize(3);
        assertThat(results("unavailable")).isEqualTo(1);
    }

    @Test
    void everyNewcomerOfOneQuestionCountsAsRefused() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(401, "");
        Future<Login> one = login(browser("a=1"));
        Future<Login> two = login(browser("a=1"));
        assertThat(refusal(one)).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(refusal(two)).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(site.seen).hasSize(1);
        assertThat(results("refused")).isEqualTo(2);
    }

    @Test
    void theSecondTryMayDo() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(503, "");
        Future<Login> login = login(browser("a=1"));
        settled(1);
        site.answers(200, USER_42);
        clockMs.addAndGet(1_000);
        assertThat(await(login).identity().user()).isEqualTo("42");
    }

    @Test
    void aBrokenConnectionIsATry() throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(
                response -> response.setChunked(true).write("{\"user\":42").onComplete(written -> response.reset()));
        Future<Login> login = login(browser("a=1"));
        retriesAfter(1_000, 3);
        assertThat(refusal(login)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
    }

    @Test
    void aSiteThatIsNotThereIsUnavailable() throws Exception {
        site.close();
        start(AnonymousPolicy.ALLOW);
        Future<Login> login = login(browser("a=1"));
        eventually(() -> {
            clockMs.addAndGet(20);
            return login.isComplete();
        });
        assertThat(refusal(login)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        site = new ProgrammableSite(vertx);
    }

    @Test
    void aSilentSiteIsGivenUp() throws Exception {
        start(AnonymousPolicy.ALLOW, limits(64, 100, Duration.ofMillis(200)));
        Future<Login> login = login(browser("a=1"));
        retriesAfter(1_000, 3);
        assertThat(refusal(login)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        HttpServerResponse late = site.held.get(0);
        eventually(late::closed);
    }

    @Test
    void aSmallRetryAfterIsHonouredAndALargeOneEndsIt() throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(response ->
                response.setStatusCode(503).putHeader("Retry-After", "4").end());
        Future<Login> login = login(browser("a=1"));
        settled(1);
        clockMs.addAndGet(3_999);
        tick();
        assertThat(site.seen).hasSize(1);
        site.answers(response ->
                response.setStatusCode(503).putHeader("Retry-After", "7").end());
        clockMs.addAndGet(1);
        assertThat(refusal(login)).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        assertThat(site.seen).hasSize(2);
    }

    @Test
    void setCookieIsIgnored() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(response -> response.putHeader("Set-Cookie", "b=2; Path=/").end(USER_42));
        await(login(browser("a=1")));
        clockMs.addAndGet(6_000);
        await(login(browser("a=1")));
        assertThat(site.seen).hasSize(2).allMatch(headers -> "a=1".equals(headers.get("Cookie")));
    }

    // ---- re-checks

    @Test
    void aLoginIsCheckedAgainEveryTenMinutes() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        await(login(browser("a=1"), heard));
        for (int round = 2; round <= 4; round++) {
            clockMs.addAndGet(10 * MINUTE_MS - 1);
            tick();
            assertThat(site.seen).hasSize(round - 1);
            clockMs.addAndGet(1);
            settled(round);
            assertThat(site.seen.get(round - 1).get("X-Fanfare-Recheck")).isEqualTo("1");
        }
        assertThat(heard.ends).isEmpty();
        assertThat(heard.changes).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 540000", "0.25, 570000", "1, 660000"})
    void recheckedWithJitter(double drawn, long afterMs) throws Exception {
        random = drawn;
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
        clockMs.addAndGet(afterMs - 1);
        tick();
        assertThat(site.seen).hasSize(1);
        clockMs.addAndGet(1);
        settled(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 60 * MINUTE_MS})
    void recheckedAtExpiryOnTheWallClockButNotMoreOftenThanEveryFiveSeconds(long setForward) throws Exception {
        setForwardMs = setForward;
        start(AnonymousPolicy.DENY);
        site.answers(200, "{\"user\":42,\"expires\":" + ((START_MS + setForward) / 1000 + 60) + "}");
        await(login(browser("a=1"), new Heard()));
        clockMs.addAndGet(59_999);
        tick();
        assertThat(site.seen).hasSize(1);
        clockMs.addAndGet(1);
        settled(2);
        clockMs.addAndGet(4_999);
        tick();
        assertThat(site.seen).hasSize(2);
        clockMs.addAndGet(1);
        settled(3);
    }

    @ParameterizedTest
    @CsvSource({"401, ''", "403, ''", "200, '{\"user\":43}'", "200, '{\"user\":null}'"})
    void aLoginThatIsNoMoreEndsForAllItsSessions(int status, String body) throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(200, USER_42);
        Heard one = new Heard();
        Heard two = new Heard();
        await(login(browser("a=1"), one));
        await(login(browser("a=1"), two));
        site.answers(status, body);
        clockMs.addAndGet(11 * MINUTE_MS);
        eventually(() -> !one.ends.isEmpty() && !two.ends.isEmpty());
        assertThat(one.ends).containsExactly(CloseReason.SESSION_ENDED);
        assertThat(two.ends).containsExactly(CloseReason.SESSION_ENDED);
        assertThat(metrics.get("fanfare_logins").gauge().value()).isZero();
    }

    @Test
    void anAnonymousSessionStaysAnonymous() throws Exception {
        start(AnonymousPolicy.ALLOW);
        site.answers(401, "");
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        clockMs.addAndGet(11 * MINUTE_MS);
        settled(2);
        assertThat(heard.ends).isEmpty();
        site.answers(200, USER_42);
        clockMs.addAndGet(11 * MINUTE_MS);
        eventually(() -> !heard.ends.isEmpty());
        assertThat(heard.ends).containsExactly(CloseReason.SESSION_ENDED);
    }

    @Test
    void otherTopicsAreToldToAllSessions() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, "{\"user\":42,\"topics\":[\"x\"]}");
        Heard one = new Heard();
        Heard two = new Heard();
        Login login = await(login(browser("a=1"), one));
        await(login(browser("a=1"), two));
        site.answers(200, "{\"user\":42,\"topics\":[\"y\"]}");
        clockMs.addAndGet(11 * MINUTE_MS);
        Identity now = new Identity("42", null, List.of("y"), Long.MAX_VALUE);
        eventually(() -> one.changes.contains(now) && two.changes.contains(now));
        assertThat(onLoop(login::identity)).isEqualTo(now);
    }

    @Test
    void anOutageDisconnectsNobodyForAnHour() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        site.answers(response -> response.setStatusCode(302)
                .putHeader("Location", "/maintenance")
                .end());
        // The first re-check comes after 9 to 11 minutes, and finds that there is an outage.
        for (int minute = 1; minute < 69; minute++) {
            int before = site.seen.size();
            clockMs.addAndGet(MINUTE_MS);
            tick();
            eventually(() -> onLoop(() -> inFlight() == 0));
            assertThat(site.seen.size() - before)
                    .as("asked again, and not in a loop")
                    .isBetween(0, 1);
        }
        assertThat(site.seen).hasSizeGreaterThan(20);
        assertThat(heard.ends).isEmpty();
        clockMs.addAndGet(4 * MINUTE_MS);
        eventually(() -> !heard.ends.isEmpty());
        assertThat(heard.ends).containsExactly(CloseReason.SITE_UNAVAILABLE);
        assertThat(rechecks("ended")).as("the site has ended none").isZero();
    }

    @Test
    void aGoodAnswerStartsTheHourAgain() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        site.answers(500, "");
        clockMs.addAndGet(30 * MINUTE_MS);
        settled(2);
        site.answers(200, USER_42);
        clockMs.addAndGet(5 * MINUTE_MS);
        settled(3);
        site.answers(500, "");
        clockMs.addAndGet(55 * MINUTE_MS);
        settled(4);
        assertThat(heard.ends).isEmpty();
        clockMs.addAndGet(55 * MINUTE_MS);
        settled(5);
        assertThat(heard.ends).isEmpty();
    }

    @Test
    void aReleasedLoginIsNotCheckedAgain() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Login one = await(login(browser("a=1")));
        Login two = await(login(browser("a=1")));
        release(one);
        release(one);
        clockMs.addAndGet(11 * MINUTE_MS);
        settled(2);
        release(two);
        clockMs.addAndGet(11 * MINUTE_MS);
        tick();
        assertThat(site.seen).hasSize(2);
        assertThat(metrics.get("fanfare_logins").gauge().value()).isZero();
    }

    @Test
    void whatTheSiteSaysToANewcomerCountsForTheOthers() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        clockMs.addAndGet(6_000);
        site.answers(401, "");
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(heard.ends).containsExactly(CloseReason.SESSION_ENDED);
    }

    // ---- revocation

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anOlderAnswerIsThrownAwayAndAskedAgain(boolean wholeUser) throws Exception {
        start(AnonymousPolicy.DENY);
        Future<Login> login = login(browser("a=1"));
        eventually(() -> site.held.size() == 1);
        disconnected("42", wholeUser ? null : "s1");
        site.answers(401, "");
        site.held.get(0).end(USER_42);
        assertThat(refusal(login)).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(site.seen).hasSize(2);
    }

    @Test
    void aCachedAnswerEnds() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
        disconnected("42", null);
        site.answers(401, "");
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.NOT_LOGGED_IN);
    }

    @Test
    void whoIsVouchedForAfterwardsIsLetIn() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
        disconnected("42", null);
        await(login(browser("a=1")));
        await(login(browser("a=1")));
        assertThat(site.seen).as("and the new answer is kept").hasSize(2);
    }

    @Test
    void othersAreNotAskedAgain() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        await(login(browser("a=1")));
        disconnected("43", null);
        disconnected("42", "s2");
        await(login(browser("a=1")));
        assertThat(site.seen).hasSize(1);
    }

    @Test
    void whoIsDisconnectedAgainAndAgainIsNotAskedForForEver() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(response -> {
            loop.runOnContext(kick -> {
                subject().disconnected("42", null);
                response.end(USER_42);
            });
        });
        assertThat(refusal(login(browser("a=1")))).isEqualTo(CloseReason.SITE_UNAVAILABLE);
        assertThat(site.seen).hasSize(4);
    }

    @Test
    void noOlderAnswerReopensALoginThatTheSiteEnded() throws Exception {
        start(AnonymousPolicy.DENY, limits(64, 100, PATIENT, Duration.ofSeconds(1)));
        site.answers(200, "{\"user\":42,\"expires\":" + (START_MS / 1000) + "}");
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        clockMs.addAndGet(2_000);
        site.holds();
        Future<Login> newcomer = login(browser("a=1"));
        eventually(() -> site.held.size() == 1);
        site.answers(401, "");
        clockMs.addAndGet(3_000);
        eventually(() -> !heard.ends.isEmpty());
        site.held.get(0).end(USER_42);
        assertThat(refusal(newcomer)).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(site.seen).hasSize(4);
    }

    // ---- doubt about everybody

    @Test
    void whatTheSiteWasAskedBeforeADoubtDoesNotLetANewcomerIn() throws Exception {
        start(AnonymousPolicy.DENY);
        Future<Login> login = login(browser("a=1"));
        eventually(() -> site.held.size() == 1);
        recheckAll();
        site.answers(401, "");
        site.held.get(0).end(USER_42);
        assertThat(refusal(login)).isEqualTo(CloseReason.NOT_LOGGED_IN);
        assertThat(site.seen).hasSize(2);
    }

    @Test
    void aRecheckFromBeforeADoubtDoesNotEndIt() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        site.holds();
        clockMs.addAndGet(11 * MINUTE_MS);
        eventually(() -> site.held.size() == 1);
        recheckAll();
        site.answers(401, "");
        site.held.get(0).end(USER_42);
        eventually(() -> !heard.ends.isEmpty());
        assertThat(heard.ends).containsExactly(CloseReason.SESSION_ENDED);
        assertThat(heard.rechecks).hasValue(0);
    }

    @Test
    void aNewcomersAnswerEndsTheDoubtAboutTheOthers() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        recheckAll();
        await(login(browser("a=1")));
        assertThat(site.seen).hasSize(2);
        assertThat(heard.rechecks).hasValue(1);
    }

    @Test
    void aDoubtIsOverWhenTheSiteHasBeenAskedAboutEverybody() throws Exception {
        start(AnonymousPolicy.DENY);
        site.answers(200, USER_42);
        Heard heard = new Heard();
        await(login(browser("a=1"), heard));
        recheckAll();
        clockMs.addAndGet(DOUBT_MS);
        settled(2);
        assertThat(heard.rechecks).hasValue(1);
        site.answers(503, "");
        recheckAll();
        clockMs.addAndGet(DOUBT_MS);
        settled(3);
        assertThat(heard.rechecks).as("if it cannot say").hasValue(2);
        assertThat(heard.ends).isEmpty();
    }

    // ---- the test's own tools

    private SiteAuthenticator subject() {
        assertThat(authenticator).isNotNull();
        return authenticator;
    }

    private void start(AnonymousPolicy anonymous) throws Exception {
        start(anonymous, limits(64, 20_000, PATIENT));
    }

    private void start(AnonymousPolicy anonymous, AuthLimits limits) throws Exception {
        authenticator = onLoop(() -> new SiteAuthenticator(
                vertx,
                Ticker.start(vertx, Duration.ofSeconds(1)),
                site.url(),
                anonymous,
                limits,
                clockMs::get,
                () -> clockMs.get() + setForwardMs,
                () -> random,
                metrics));
    }

    private static AuthLimits limits(int inFlightMax, int queueMax, Duration timeout) {
        return limits(inFlightMax, queueMax, timeout, Duration.ofSeconds(5));
    }

    private static AuthLimits limits(int inFlightMax, int queueMax, Duration timeout, Duration cacheTtl) {
        AuthLimits usual = AuthLimits.of(inFlightMax, Duration.ofHours(1));
        return new AuthLimits(
                timeout,
                usual.triesMax(),
                usual.triesWindow(),
                inFlightMax,
                queueMax,
                usual.queueWaitMax(),
                cacheTtl,
                usual.recheckPeriod(),
                usual.recheckMin(),
                usual.staleMax());
    }

    private static Credentials browser(@Nullable String cookie) {
        return new Credentials(cookie, "agent", "en", "https://a.example", "203.0.113.9");
    }

    private Future<Login> login(Credentials credentials) throws Exception {
        return login(credentials, new Heard());
    }

    private Future<Login> login(Credentials credentials, LoginListener listener) throws Exception {
        return onLoop(() -> subject().login(credentials, listener));
    }

    private List<Future<Login>> logins(int count, Credentials credentials) throws Exception {
        return onLoop(() -> IntStream.range(0, count)
                .mapToObj(i -> subject()
                        .login(
                                new Credentials(
                                        credentials.cookie(),
                                        credentials.userAgent(),
                                        credentials.acceptLanguage(),
                                        credentials.origin(),
                                        credentials.clientAddress()),
                                new Heard()))
                .toList());
    }

    private void release(Login login) throws Exception {
        onLoop(() -> {
            login.release();
            return true;
        });
    }

    private void disconnected(String user, @Nullable String session) throws Exception {
        onLoop(() -> {
            subject().disconnected(user, session);
            return true;
        });
    }

    private void recheckAll() throws Exception {
        onLoop(() -> {
            subject().recheckAll(DOUBT_MS);
            return true;
        });
    }

    private CloseReason refusal(Future<Login> login) {
        CloseReason[] reason = new CloseReason[1];
        assertThatThrownBy(() -> await(login))
                .cause()
                .isInstanceOfSatisfying(LoginRefused.class, refused -> reason[0] = refused.reason());
        return reason[0];
    }

    private double results(String result) {
        return results("fanfare_auth_total", result);
    }

    private double rechecks(String result) {
        return results("fanfare_rechecks_total", result);
    }

    private double results(String name, String result) {
        Counter counter = metrics.find(name).tag("result", result).counter();
        return counter == null ? 0 : counter.count();
    }

    private double inFlight() {
        return metrics.get("fanfare_auth_in_flight").gauge().value();
    }

    /** Waits until the site was asked so often and its answer has been dealt with. */
    private void settled(int requests) {
        // Asked on the loop, where nothing is half done.
        eventually(() -> onLoop(() -> site.seen.size() == requests && inFlight() == 0));
    }

    private void retriesAfter(long ms, int tries) {
        for (int asked = 1; asked < tries; asked++) {
            settled(asked);
            clockMs.addAndGet(ms);
        }
    }

    private void tick() throws Exception {
        onLoop(() -> {
            subject().tick();
            return true;
        });
    }

    private <T> T onLoop(Supplier<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.runOnContext(on -> {
            try {
                result.complete(action.get());
            } catch (RuntimeException | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        return result.orTimeout(30, TimeUnit.SECONDS).join();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }
}
