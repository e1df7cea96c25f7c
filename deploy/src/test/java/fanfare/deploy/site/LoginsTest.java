package fanfare.deploy.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoginsTest {
    private final AtomicInteger ids = new AtomicInteger();
    private final Logins logins = new Logins(2, () -> "id" + ids.incrementAndGet());

    @Test
    void aLoginIsFoundByItsCookieUntilItEnds() {
        Logins.Login login = logins.begin("42");
        assertThat(logins.find(login.cookie())).isEqualTo(login);
        assertThat(logins.find(login.session())).isNull();
        assertThat(logins.find(null)).isNull();
        logins.end(login);
        assertThat(logins.find(login.cookie())).isNull();
    }

    @Test
    void theOldestMakesRoom() {
        Logins.Login first = logins.begin("1");
        Logins.Login second = logins.begin("2");
        Logins.Login third = logins.begin("3");
        assertThat(logins.find(first.cookie())).isNull();
        assertThat(logins.find(second.cookie())).isEqualTo(second);
        assertThat(logins.find(third.cookie())).isEqualTo(third);
    }

    @Test
    void idsHave128Bits() {
        assertThat(Logins.randomIds().get()).hasSize(22);
    }
}
