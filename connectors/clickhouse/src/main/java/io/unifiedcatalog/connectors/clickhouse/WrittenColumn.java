package io.unifiedcatalog.connectors.clickhouse;

import java.io.Serializable;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * A column that is written.
 *
 * @param field its index in the rows
 * @param type in ClickHouse
 */
record WrittenColumn(int field, String name, NativeType type, LogicalType flinkType)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /**
   * What writes its values.
   *
   * @throws IllegalArgumentException if Flink's type cannot be written as ClickHouse's
   */
  Encoder encoder() {
    return Encoder.of(flinkType, type);
  }

  /** What takes its values out of rows. */
  RowData.FieldGetter getter() {
    return RowData.createFieldGetter(flinkType, field);
  }
}
