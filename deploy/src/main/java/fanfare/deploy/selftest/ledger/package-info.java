/** What was published and who had it: pure book-keeping, confined to one thread, told the time. */
@NullMarked
package fanfare.deploy.selftest.ledger;

import org.jspecify.annotations.NullMarked;
