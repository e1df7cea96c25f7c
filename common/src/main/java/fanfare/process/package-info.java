/** What every process here does alike: logging, its parent's death. */
@NullMarked
package fanfare.process;

import org.jspecify.annotations.NullMarked;
