/** What every process here does alike: its log, what it says of itself, what it does again and again, its parent's death. */
@NullMarked
package fanfare.process;

import org.jspecify.annotations.NullMarked;
