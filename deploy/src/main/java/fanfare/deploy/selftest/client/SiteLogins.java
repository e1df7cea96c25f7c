package fanfare.deploy.selftest.client;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Logs users in at the site, a few at a time. Called on any thread but the loop. */
public final class SiteLogins {
    private static final int AT_ONCE = 16;
    private static final int WAIT_S_MAX = 60;

    private final HttpClient http;
    private final int port;

    public SiteLogins(Vertx vertx, int port) {
        this.http = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(AT_ONCE));
        this.port = port;
    }

    /** Cookies of so many new logins, in the order of their users. */
    public List<String> login(int count, IntFunction<String> users) {
        List<Future<String>> logins = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            logins.add(login(users.apply(i)));
        }
        try {
            Future.all(logins).await(WAIT_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("the site does not log users in: " + e.getMessage(), e);
        }
        return logins.stream().map(Future::result).toList();
    }

    private Future<String> login(String user) {
        return http.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI("/login")
                        .addHeader("Accept", "application/json")
                        .addHeader("Content-Type", "application/x-www-form-urlencoded"))
                .compose(request -> request.send("user=" + user))
                .compose(response -> {
                    String cookie = response.getHeader("Set-Cookie");
                    return cookie == null
                            ? Future.failedFuture("status " + response.statusCode())
                            : response.body().map(read -> cookie.split(";", 2)[0]);
                });
    }
}
