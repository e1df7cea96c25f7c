/** The cluster that the fault proof breaks: its processes and the links between them. Confined to the main thread. */
@NullMarked
package fanfare.deploy.selftest.rig;

import org.jspecify.annotations.NullMarked;
