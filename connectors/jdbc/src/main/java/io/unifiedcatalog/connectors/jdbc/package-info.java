/**
 * Databases with a JDBC driver as tables of Flink: what a query shows is what the database holds.
 */
@NullMarked
package io.unifiedcatalog.connectors.jdbc;

import org.jspecify.annotations.NullMarked;
