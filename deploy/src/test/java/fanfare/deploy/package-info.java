/** The tests of the whole: real processes, a real browser. */
@NullMarked
package fanfare.deploy;

import org.jspecify.annotations.NullMarked;
