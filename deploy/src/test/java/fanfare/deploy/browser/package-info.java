/** The demo page in a real browser, before a cluster of real processes. One thread a test class, as Playwright asks. */
@NullMarked
package fanfare.deploy.browser;

import org.jspecify.annotations.NullMarked;
