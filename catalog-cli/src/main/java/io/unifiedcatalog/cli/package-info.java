@NullMarked
package io.unifiedcatalog.cli;

import org.jspecify.annotations.NullMarked;
