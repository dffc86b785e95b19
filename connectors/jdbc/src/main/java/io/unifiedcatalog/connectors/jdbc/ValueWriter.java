package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** Makes of a field of Flink's row what {@link Dialect#bind} takes. */
interface ValueWriter extends Serializable {
  /**
   * Converts a field.
   *
   * @return null for NULL
   * @throws IllegalArgumentException if the database's type does not hold it
   */
  @Nullable Object convert(RowData row, int field);
}
