package fanfare.deploy.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import java.util.ArrayList;
import java.util.List;

/** The demo page as its visitor handles it. An error that a script throws fails the test at its end. */
final class DemoPage implements AutoCloseable {
    final Pane alice;
    final Pane bob;
    private final Page page;
    private final List<String> errors = new ArrayList<>();

    DemoPage(Page page, String url) {
        this.page = page;
        page.onPageError(errors::add);
        page.navigate(url);
        alice = new Pane(page.frameLocator("#pane-a"));
        bob = new Pane(page.frameLocator("#pane-b"));
        alice.awaitOpen("alice");
        bob.awaitOpen("bob");
    }

    /** Publishes to these users, separated by commas, and waits until it is stored. */
    void publishTo(String users, String data) {
        choose("Users");
        page.locator("#users").fill(users);
        publish(data);
    }

    void publishToEveryone(String data) {
        choose("Everyone");
        publish(data);
    }

    void awaitPresence(String user, boolean online) {
        assertThat(page.locator("#presence li[data-user='" + user + "'][data-online='" + online + "']"))
                .isVisible();
    }

    /** Waits until the page shows this of the last publication and a user. */
    void awaitReceipt(String user, String state) {
        assertThat(page.locator("#receipt li[data-user='" + user + "'][data-state='" + state + "']"))
                .isVisible();
    }

    /** The publication as the lines to paste. */
    String code(String language) {
        choose(language);
        return page.locator("#code").textContent();
    }

    @Override
    public void close() {
        page.context().close();
        org.assertj.core.api.Assertions.assertThat(errors).isEmpty();
    }

    private void choose(String label) {
        page.locator(".segments label", new Page.LocatorOptions().setHasText(label))
                .click();
    }

    private void publish(String data) {
        page.locator("#result").evaluate("result => result.textContent = ''");
        page.locator("#data").fill(data);
        page.locator("#publish button.primary").click();
        assertThat(page.locator("#result")).containsText("stored at");
    }
}
