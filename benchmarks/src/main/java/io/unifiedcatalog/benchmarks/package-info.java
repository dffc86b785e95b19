/** Figures beside a yardstick, each pair taken in one run. */
@NullMarked
package io.unifiedcatalog.benchmarks;

import org.jspecify.annotations.NullMarked;
