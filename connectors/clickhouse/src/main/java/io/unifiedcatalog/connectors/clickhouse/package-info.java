/** ClickHouse for Flink's JDBC connector. */
@NullMarked
package io.unifiedcatalog.connectors.clickhouse;

import org.jspecify.annotations.NullMarked;
