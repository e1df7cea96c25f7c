/** What every process here does alike: its log and bugs, what it says of itself, what it does again and again, its parent's death. */
@NullMarked
package fanfare.process;

import org.jspecify.annotations.NullMarked;
