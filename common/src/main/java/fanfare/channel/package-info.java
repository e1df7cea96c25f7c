/** The nouns that every part speaks of: channels, positions, publications. All immutable, safe on any thread. */
@NullMarked
package fanfare.channel;

import org.jspecify.annotations.NullMarked;
