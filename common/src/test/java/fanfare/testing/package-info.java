/** What the tests of every module stand on: real servers, faulty links, browsers' clients without a browser. */
@NullMarked
package fanfare.testing;

import org.jspecify.annotations.NullMarked;
