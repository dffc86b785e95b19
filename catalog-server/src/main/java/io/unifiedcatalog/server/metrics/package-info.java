/** What the server tells Prometheus. */
@NullMarked
package io.unifiedcatalog.server.metrics;

import org.jspecify.annotations.NullMarked;
