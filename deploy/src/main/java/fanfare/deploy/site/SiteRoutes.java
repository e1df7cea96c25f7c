package fanfare.deploy.site;

import fanfare.channel.Channel;
import fanfare.deploy.site.Logins.Login;
import fanfare.http.Problem;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the demo site answers: logins, the gateway's question who somebody is, and publishing on a page's behalf. */
final class SiteRoutes {
    static final String COOKIE = "site_session";
    private static final System.Logger LOG = System.getLogger(SiteRoutes.class.getName());
    /** A login form is small. */
    private static final int FORM_BYTES_MAX = 8 << 10;
    /** The publisher's own limit. */
    private static final int PUBLISH_BYTES_MAX = 8 << 20;

    private final SiteConfig config;
    private final Logins logins;
    private final PublisherClient publisher;

    SiteRoutes(SiteConfig config, Logins logins, PublisherClient publisher) {
        this.config = config;
        this.logins = logins;
        this.publisher = publisher;
    }

    void install(Router router) {
        // Vert.x wants a route's body read before anything else on that route; these come first on routes of their own.
        router.post().handler(new SameSite());
        BodyHandler form = BodyHandler.create(false).setBodyLimit(FORM_BYTES_MAX);
        router.post("/login").handler(form).handler(this::login);
        router.post("/logout").handler(form).handler(this::logout);
        router.post("/publish").handler(SiteRoutes::requireJson);
        router.post("/publish")
                .handler(BodyHandler.create(false).setBodyLimit(PUBLISH_BYTES_MAX))
                .handler(this::publish);
        router.get("/messages/:id").handler(this::message);
        router.get("/push/auth").handler(this::authenticate);
        router.get("/api/session").handler(this::session);
        router.get("/api/presence").handler(this::presence);
    }

    private void login(RoutingContext context) {
        String user = user(context.request().getFormAttribute("user"));
        Login before = current(context);
        Login login = logins.begin(user);
        context.response().addCookie(cookie(login.cookie()));
        LOG.log(System.Logger.Level.INFO, "login of " + user);
        // The browser forgets the old cookie, so its login has ended too, and its connections go.
        (before == null ? Future.succeededFuture() : end(before)).onComplete(done -> answer(context, login));
    }

    private void logout(RoutingContext context) {
        Login login = current(context);
        context.response().addCookie(cookie("").setMaxAge(0));
        (login == null ? Future.succeededFuture() : end(login)).onComplete(done -> answer(context, null));
    }

    /** The session ends first: a client that the disconnect sends away must not find it alive when it comes back. */
    private Future<?> end(Login login) {
        logins.end(login);
        return publisher
                .disconnect(login.user(), login.session())
                .onFailure(failure ->
                        LOG.log(System.Logger.Level.WARNING, "cannot disconnect a session: " + failure.getMessage()));
    }

    private void authenticate(RoutingContext context) {
        Login login = current(context);
        if (login == null) {
            throw Problem.NOT_LOGGED_IN.because("there is no login for this cookie");
        }
        context.response().putHeader("Cache-Control", "no-store");
        context.json(json(login));
    }

    private void session(RoutingContext context) {
        Login login = current(context);
        context.response().putHeader("Cache-Control", "no-store");
        context.json(new JsonObject()
                .put("user", login == null ? null : login.user())
                .put("gateway", config.gatewayPort())
                .put("publisher", config.publisherPort()));
    }

    private void presence(RoutingContext context) {
        relay(context, publisher.presence(user(context.request().getParam("user"))));
    }

    private static String user(@Nullable String text) {
        if (text == null || !Channel.isUser(text)) {
            throw Problem.INVALID.of("user", "1 to 128 printable ASCII characters without blanks");
        }
        return text;
    }

    private void publish(RoutingContext context) {
        Buffer body = context.body().buffer();
        relay(context, publisher.publish(body == null ? Buffer.buffer() : body));
    }

    private void message(RoutingContext context) {
        relay(context, publisher.message(Objects.requireNonNullElse(context.pathParam("id"), "")));
    }

    private static void requireJson(RoutingContext context) {
        String type = context.request().getHeader("Content-Type");
        // A form of another site can send text/plain, but not this.
        if (type == null
                || !type.toLowerCase(Locale.ROOT).split(";", 2)[0].trim().equals("application/json")) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because("it takes application/json");
        }
        context.next();
    }

    private static void relay(RoutingContext context, Future<PublisherClient.Answer> answer) {
        answer.onSuccess(it -> context.response()
                        .setStatusCode(it.status())
                        .putHeader("Content-Type", it.contentType())
                        .putHeader("Cache-Control", "no-store")
                        .end(it.body()))
                .onFailure(failure -> context.fail(Problem.UNAVAILABLE.because("the publisher does not answer")));
    }

    private static void answer(RoutingContext context, @Nullable Login login) {
        String accept = context.request().getHeader("Accept");
        context.response().putHeader("Cache-Control", "no-store");
        if (accept != null && accept.contains("application/json")) {
            context.json(login == null ? new JsonObject().putNull("user") : json(login));
        } else {
            context.response().setStatusCode(303).putHeader("Location", "/").end();
        }
    }

    private static JsonObject json(Login login) {
        return new JsonObject().put("user", login.user()).put("session", login.session());
    }

    private @Nullable Login current(RoutingContext context) {
        Cookie cookie = context.request().getCookie(COOKIE);
        return logins.find(cookie == null ? null : cookie.getValue());
    }

    private static Cookie cookie(String value) {
        return Cookie.cookie(COOKIE, value)
                .setHttpOnly(true)
                .setSameSite(CookieSameSite.LAX)
                .setPath("/");
    }
}
