/** What sources that are read over JDBC share. It knows none of them. */
@NullMarked
package io.unifiedcatalog.server.source.jdbc;

import org.jspecify.annotations.NullMarked;
