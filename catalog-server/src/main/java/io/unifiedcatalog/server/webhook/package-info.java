/** Tells an HTTP address of crawl runs that ended. */
@NullMarked
package io.unifiedcatalog.server.webhook;

import org.jspecify.annotations.NullMarked;
