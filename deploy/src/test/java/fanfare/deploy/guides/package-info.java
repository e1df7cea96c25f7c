/** The guides and the READMEs' first examples, tried as they are printed. */
@NullMarked
package fanfare.deploy.guides;

import org.jspecify.annotations.NullMarked;
