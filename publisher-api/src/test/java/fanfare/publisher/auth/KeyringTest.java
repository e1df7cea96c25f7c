package fanfare.publisher.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.http.ProblemException;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.TokenCredentials;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyringTest {
    private static final String HASH = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"; // "secret"

    @Test
    void aKeyOpensWithItsSecretOnly() {
        Keyring ring = ring("# keys of the shop\n\n shop , " + HASH + ", publish:user # since May\n");
        assertThat(user(ring, "shop.secret")).isNotNull();
        for (String wrong : List.of(
                "shop.Secret", "shop.", "shop", "other.secret", "nobody.secret", "", ".", ".secret", "shop.secret.x")) {
            assertThat(user(ring, wrong)).as(wrong).isNull();
        }
    }

    @Test
    void aPermissionWithoutNamespaceCoversAll() {
        User caller = caller("shop, " + HASH + ", publish:user,presence:read");
        Permission.PUBLISH_USER.require(caller, "/a");
        Permission.PRESENCE_READ.require(caller, null);
        refused(Permission.PUBLISH_BROADCAST, caller, "/a");
        refused(Permission.DISCONNECT, caller, null);
    }

    @Test
    void aNarrowedPermissionCoversItsNamespacesToTheLetter() {
        User caller = caller("shop, " + HASH + ", publish:user=/a,publish:user=/b{x},publish:topic");
        Permission.PUBLISH_USER.require(caller, "/a");
        Permission.PUBLISH_USER.require(caller, "/b{x}");
        Permission.PUBLISH_TOPIC.require(caller, "{");
        for (String other : List.of("/A", "/a/", " /a", "/a ", "/", "{}", "{", "/bx", "/b{y}", "%2Fa", "*")) {
            refused(Permission.PUBLISH_USER, caller, other);
        }
        refused(Permission.PUBLISH_USER, caller, null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# only a comment",
                "shop",
                "shop, " + HASH,
                "shop, " + HASH + ",",
                "shop, " + HASH + ", publish",
                "shop, " + HASH + ", publish:user=",
                "shop, " + HASH + ", publish:user,,disconnect",
                "shop, " + HASH + ", rate=5",
                "shop, " + HASH + ", publish:user,rate=5,rate=6",
                "shop, " + HASH + ", publish:user,rate=",
                "shop, " + HASH + ", publish:user,rate=-1",
                "shop, " + HASH + ", publish:user,rate=5/0",
                "shop, " + HASH + ", publish:user,rate=10000001",
                "shop, " + HASH + ", publish:user,rate=99999999999",
                "sh.op, " + HASH + ", publish:user",
                "shop, secret, publish:user",
                "shop, ab" + HASH + ", publish:user",
                "shop, " + HASH + ", publish:user\nshop, " + HASH + ", publish:user"
            })
    void aBrokenFileIsRefusedWithoutQuotingIt(String file) {
        Keyring ring = ring("old, " + HASH + ", publish:user");
        assertThatThrownBy(() -> ring.replace(file))
                .isInstanceOf(KeyFileException.class)
                .hasMessageNotContaining("secret,")
                .hasMessageNotContaining(HASH);
        assertThat(user(ring, "old.secret")).isNotNull();
        assertThat(ring.size()).isEqualTo(1);
    }

    @Test
    void aLineMayHaveARateOfItsOwn() {
        Keyring ring = ring(Stream.of("", ",rate=500", ", rate=500/2000", ",rate=0", ",rate=0/7")
                .map(rate -> "k" + rate.replaceAll("\\W", "") + ", " + HASH + ", publish:user" + rate + ",disconnect\n")
                .collect(Collectors.joining()));
        assertThat(rate(ring, "k.secret")).isNull();
        assertThat(rate(ring, "krate500.secret")).isEqualTo(new Rate(500, 1_000));
        assertThat(rate(ring, "krate5002000.secret")).isEqualTo(new Rate(500, 2_000));
        assertThat(rate(ring, "krate0.secret"))
                .isNotNull()
                .extracting(Rate::isLimited)
                .isEqualTo(false);
        assertThat(ring.size()).isEqualTo(5);
        assertThatThrownBy(() -> ring.replace("# keys\nshop, " + HASH + ", publish:user,rate=x"))
                .hasMessageStartingWith("line 2: a rate is rate=");
    }

    @Test
    void newKeysReplaceTheOldOnesButNotTheDevelopmentKey() {
        Keyring ring = Keyring.of("dev.secret");
        ring.replace("a, " + HASH + ", publish:user");
        ring.replace("b, " + HASH + ", publish:user");
        assertThat(user(ring, "a.secret")).isNull();
        assertThat(user(ring, "b.secret")).isNotNull();
        User developer = user(ring, "dev.secret");
        assertThat(developer).isNotNull();
        if (developer != null) {
            assertThat(ApiKey.isLoopbackOnly(developer)).isTrue();
            for (Permission permission : Permission.values()) {
                permission.require(developer, "/any");
            }
        }
    }

    @Test
    void aNewKeyOpensWithTheLineThatWasPrinted() {
        List<String> lines = NewKey.describe(List.of("shop", "publish:user=/a,disconnect"), new SecureRandom())
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
        Keyring ring = ring(lines.get(1));
        User caller = user(ring, lines.get(0));
        assertThat(caller).isNotNull();
        assertThat(lines.get(0)).startsWith("shop.").hasSize("shop.".length() + 43);
        assertThat(lines.get(1)).endsWith(", publish:user=/a,disconnect");
        assertThat(NewKey.describe(List.of("shop", "publish:user,rate=5/9"), new SecureRandom()))
                .endsWith(", publish:user,rate=5/9\n");
        assertThatThrownBy(() -> NewKey.describe(List.of("shop", "publish:user,rate=5/"), new SecureRandom()))
                .isInstanceOf(KeyFileException.class);
        assertThatThrownBy(() -> NewKey.describe(List.of("s.hop"), new SecureRandom()))
                .isInstanceOf(KeyFileException.class);
        assertThatThrownBy(() -> NewKey.describe(List.of("shop", "everything"), new SecureRandom()))
                .isInstanceOf(KeyFileException.class);
    }

    @Test
    void loopbackIsTold() {
        for (String host : List.of("localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "::1", "[::1]")) {
            assertThat(KeyHandler.isLoopback(host)).as(host).isTrue();
        }
        for (String host :
                List.of("", "0.0.0.0", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "::")) {
            assertThat(KeyHandler.isLoopback(host)).as(host).isFalse();
        }
    }

    private static Keyring ring(String file) {
        Keyring ring = Keyring.of(null);
        ring.replace(file);
        return ring;
    }

    private static @Nullable User user(Keyring ring, String key) {
        return ring.authenticate(new TokenCredentials(key)).otherwiseEmpty().result();
    }

    private static @Nullable Rate rate(Keyring ring, String key) {
        return ApiKey.caller(ring.authenticate(new TokenCredentials(key)).result())
                .rate();
    }

    private static User caller(String line) {
        return ring(line).authenticate(new TokenCredentials("shop.secret")).result();
    }

    private static void refused(Permission permission, User caller, @Nullable String namespace) {
        assertThatThrownBy(() -> permission.require(caller, namespace)).isInstanceOf(ProblemException.class);
    }
}
