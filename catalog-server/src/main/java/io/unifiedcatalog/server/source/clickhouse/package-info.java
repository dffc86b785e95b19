/** ClickHouse, read from its own tables of metadata. */
@NullMarked
package io.unifiedcatalog.server.source.clickhouse;

import org.jspecify.annotations.NullMarked;
