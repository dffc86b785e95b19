/** Redis as tables of Flink. */
@NullMarked
package io.unifiedcatalog.connectors.redis;

import org.jspecify.annotations.NullMarked;
