@NullMarked
package io.unifiedcatalog.server.source.starrocks;

import org.jspecify.annotations.NullMarked;
