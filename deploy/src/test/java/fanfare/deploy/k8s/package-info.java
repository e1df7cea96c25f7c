/** The manifests in {@code k8s}: rendered, and held against Kubernetes' API, the code and the pages that speak of them. */
@NullMarked
package fanfare.deploy.k8s;

import org.jspecify.annotations.NullMarked;
