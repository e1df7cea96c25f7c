/** Tests of what operators see: metrics, rules and alerts, the dashboard. */
@NullMarked
package fanfare.deploy.observability;

import org.jspecify.annotations.NullMarked;
