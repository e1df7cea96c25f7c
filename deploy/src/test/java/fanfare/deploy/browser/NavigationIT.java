package fanfare.deploy.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Frame;
import fanfare.deploy.DevCluster;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** On a classic site each click is another page, and must be no more than a resume. */
@Timeout(120)
class NavigationIT {
    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(2);

    @Test
    void theNextPageHearsOnceWhatCameWhileThereWasNone() {
        try (Tab tab = openTab("alice")) {
            tab.open("with/basket");
            assertThat(tab.recovered()).isNull();
            tab.publish("on the first page");
            tab.expect("on the first page");

            tab.leave();
            tab.publish("between two pages");
            tab.open("with/checkout");
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("on the second page");
            tab.expect("between two pages", "on the second page");

            tab.reload();
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("after the reload");
            tab.expect("after the reload");
        }
    }

    @Test
    void aClickStraightFromPageToPageRepeatsNothing() {
        try (Tab tab = openTab("bob")) {
            tab.open("with/basket");
            String[] many = IntStream.range(0, 30)
                    .mapToObj(number -> "message " + number)
                    .toArray(String[]::new);
            for (String data : many) {
                tab.publish(data);
            }
            tab.expect(many);
            // One write a second at most, however much comes.
            assertThat(tab.writes()).isLessThan(many.length / 2);

            tab.open("with/checkout");
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("after all");
            tab.expect("after all");
        }
    }

    @Test
    void whatComesAgainOnTheWireIsHeardByOnePageAlone() {
        try (Tab tab = openTab("erin")) {
            tab.open("with/basket");
            tab.publish("on the first page");
            tab.expect("on the first page");

            tab.leave();
            tab.forgetPositions();
            tab.open("with/checkout");
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("on the second page");
            tab.expect("on the second page");
        }
    }

    @Test
    void anIdIsAnotherEventOnAnotherChannel() {
        try (Tab tab = openTab("heidi")) {
            tab.open("with/basket");
            tab.publish("order-7", "to her");
            tab.expect("to her");
            tab.publishToEveryone("order-7", "to everyone");
            tab.expect("to her", "to everyone");
        }
    }

    @Test
    void aHandlerThatLeavesThePageHasHadItsEvent() {
        try (Tab tab = openTab("ivan")) {
            tab.open("with/basket");
            tab.page()
                    .evaluate(
                            """
                            fanfare.on('*', () => {
                                fanfare.disconnect();
                                location.href = 'goodbye';
                            });
                            """);
            tab.publish("go");
            tab.page().waitForURL("**/with/goodbye");
            tab.page().waitForCondition(tab::isOpen);
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("on the second page");
            tab.expect("on the second page");
        }
    }

    @Test
    void aStorageThatIsFullRepeatsNothing() {
        try (Tab tab = openTab("judy")) {
            tab.open("with/basket");
            tab.publish("while there was room");
            tab.expect("while there was room");
            tab.page().waitForCondition(() -> tab.writes() > 0);
            tab.page()
                    .evaluate(
                            "() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); } }");
            tab.publish("when it was full");
            tab.expect("while there was room", "when it was full");

            tab.leave();
            tab.open("with/checkout");
            assertThat(tab.recovered()).isNull();
            tab.publish("on the second page");
            tab.expect("on the second page");
        }
    }

    @Test
    void aFrameGoesOnWhereItWasAndNotWhereItsPageIs() {
        String site = STAGE.cluster().page("localhost");
        try (Tab tab = openTab("kim")) {
            tab.open("with/basket");
            tab.page()
                    .evaluate(
                            """
                            document.body.append(Object.assign(document.createElement('iframe'), {name: 'part', src: 'part'}));
                            """);
            tab.page().waitForCondition(() -> tab.connections() == 2);
            Frame part = tab.page().frame("part");
            tab.publish("to both");
            part.waitForFunction("heard.length === 1");
            tab.expect("to both");

            part.navigate(site + "without");
            tab.page().waitForCondition(() -> tab.connections() == 1);
            tab.publish("second", "to the page alone");
            tab.expect("to both", "to the page alone");
            tab.page().waitForFunction("JSON.stringify(sessionStorage).includes('second')");

            part.navigate(site + "with/other-part");
            tab.page().waitForCondition(() -> tab.connections() == 2);
            tab.publish("to both again");
            part.waitForFunction("heard.at(-1) === 'to both again'");
            assertThat(part.evaluate("heard")).isEqualTo(List.of("to the page alone", "to both again"));
        }
    }

    @Test
    void aFrameThatItsPageDoesNotCountHearsToo() {
        try (Tab tab = openTab("leo")) {
            tab.open("with/basket");
            tab.page()
                    .evaluate(
                            """
                            () => {
                                const host = document.createElement('div');
                                document.body.append(host);
                                host.attachShadow({mode: 'open'})
                                    .append(Object.assign(document.createElement('iframe'), {src: 'part'}));
                            }
                            """);
            tab.page().waitForCondition(() -> tab.connections() == 2);
        }
    }

    @Test
    void anotherUserOfTheTabStartsAfresh() {
        try (Tab tab = openTab("frank")) {
            tab.open("with/basket");
            tab.publish("for frank");
            tab.expect("for frank");

            tab.leave();
            tab.publish("for frank again");
            tab.becomes("grace");
            tab.open("with/checkout");
            assertThat(tab.recovered()).isEqualTo(false);
            tab.publish("for grace");
            tab.expect("for grace");
        }
    }

    @Test
    void withoutStorageEachPageStartsAfresh() {
        try (Tab tab = openTab("carol")) {
            tab.open("with/basket?forgetful");
            tab.publish("on the first page");
            tab.expect("on the first page");

            tab.leave();
            tab.publish("between two pages");
            tab.open("with/checkout?forgetful");
            assertThat(tab.recovered()).isNull();
            tab.publish("on the second page");
            tab.expect("on the second page");
            assertThat(tab.writes()).isZero();
        }
    }

    @Test
    void theGatewayOfTheFirstPageMayBeGone() {
        try (DevCluster shortLived = DevCluster.start(2);
                Tab tab = STAGE.chromium().openTab(shortLived.page("localhost"), "dave")) {
            tab.open("with/basket");
            String killed = tab.node();
            tab.publish("on the first page");
            tab.expect("on the first page");

            tab.leave();
            shortLived.killGateway(killed);
            tab.publish("between two pages");
            tab.open("with/checkout");
            assertThat(tab.node()).isNotEqualTo(killed);
            assertThat(tab.recovered()).isEqualTo(true);
            tab.publish("on the second page");
            tab.expect("between two pages", "on the second page");
        }
    }

    private static Tab openTab(String user) {
        return STAGE.chromium().openTab(STAGE.cluster().page("localhost"), user);
    }
}
