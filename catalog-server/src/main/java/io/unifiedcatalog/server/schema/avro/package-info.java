/** Avro schemas, read by Flink's own {@code avro} format. */
@NullMarked
package io.unifiedcatalog.server.schema.avro;

import org.jspecify.annotations.NullMarked;
