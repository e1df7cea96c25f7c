/** The fault proof: breaks a cluster of real processes and counts what its clients miss. Confined to the main thread. */
@NullMarked
package fanfare.deploy.selftest;

import org.jspecify.annotations.NullMarked;
