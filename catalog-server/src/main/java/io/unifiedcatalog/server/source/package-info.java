@NullMarked
package io.unifiedcatalog.server.source;

import org.jspecify.annotations.NullMarked;
