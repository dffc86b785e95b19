/**
 * The Flink format {@code protobuf-descriptor}: Protobuf bytes to {@code RowData} and back, by a
 * descriptor and with no compiled class. Knows nothing of the catalog.
 */
@NullMarked
package io.unifiedcatalog.formats.protobuf;

import org.jspecify.annotations.NullMarked;
