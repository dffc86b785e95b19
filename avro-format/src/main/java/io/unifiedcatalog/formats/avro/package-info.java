/**
 * The Flink format {@code avro-schema}: Avro's binary encoding to {@code RowData} and back, by the
 * schema that the record was written with. Knows nothing of the catalog.
 */
@NullMarked
package io.unifiedcatalog.formats.avro;

import org.jspecify.annotations.NullMarked;
