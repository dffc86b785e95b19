@NullMarked
package io.unifiedcatalog.server.crawl;

import org.jspecify.annotations.NullMarked;
