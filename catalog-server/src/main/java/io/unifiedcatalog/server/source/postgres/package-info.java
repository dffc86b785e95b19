/** PostgreSQL: reads pg_catalog, and has Flink read tables through its JDBC connector. */
@NullMarked
package io.unifiedcatalog.server.source.postgres;

import org.jspecify.annotations.NullMarked;
