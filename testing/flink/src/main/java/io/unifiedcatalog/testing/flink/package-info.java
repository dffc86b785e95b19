/** Flink for tests. */
@NullMarked
package io.unifiedcatalog.testing.flink;

import org.jspecify.annotations.NullMarked;
