/** Real servers for tests and the quickstart, without Docker. */
@NullMarked
package io.unifiedcatalog.testing;

import org.jspecify.annotations.NullMarked;
