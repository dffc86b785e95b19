@NullMarked
package io.unifiedcatalog.server.source.jdbc;

import org.jspecify.annotations.NullMarked;
