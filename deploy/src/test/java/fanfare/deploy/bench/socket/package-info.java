/** What clients read and write. */
@NullMarked
package fanfare.deploy.bench.socket;

import org.jspecify.annotations.NullMarked;
