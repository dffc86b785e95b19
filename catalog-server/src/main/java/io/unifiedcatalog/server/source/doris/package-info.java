@NullMarked
package io.unifiedcatalog.server.source.doris;

import org.jspecify.annotations.NullMarked;
