package fanfare.deploy.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Locator;

/** One user's half of the demo page. */
final class Pane {
    private final FrameLocator frame;

    Pane(FrameLocator frame) {
        this.frame = frame;
    }

    void awaitOpen(String user) {
        assertThat(frame.locator("body[data-state=open]")).isVisible();
        assertThat(frame.locator("#user")).hasText(user);
    }

    void awaitClosed(int code) {
        assertThat(frame.locator("#state")).hasText("closed " + code);
    }

    void awaitNode(String node) {
        assertThat(frame.locator("#node")).hasText(node);
    }

    String node() {
        return frame.locator("#node").textContent();
    }

    String transport() {
        return frame.locator("#transport").textContent();
    }

    /** Waits until the data of all messages that came is this, newest first. */
    void expect(String... data) {
        assertThat(frame.locator("li.message .data")).hasText(data);
    }

    /** Waits for the newest message, whatever came before. */
    void expectNewest(String channel, String data) {
        Locator newest = frame.locator("li.message").first();
        assertThat(newest.locator(".data")).hasText(data);
        assertThat(newest.locator(".channel")).hasText(channel);
    }

    void signOut() {
        frame.locator("#logout button").click();
    }

    void signIn(String user) {
        frame.locator("#name").fill(user);
        frame.locator("#login button").click();
    }
}
