/**
 * The catalog in Flink SQL. Tables carry a reference to the catalog and no connector options; these
 * are resolved when a statement is planned. Nothing here knows any kind of source.
 */
@NullMarked
package io.unifiedcatalog.flink;

import org.jspecify.annotations.NullMarked;
