package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;

/**
 * A column.
 *
 * @param type in Flink
 * @param source what it is in the database
 * @param generated whether the database makes its values, so that it cannot be written
 */
record TableColumn(String name, LogicalType type, SourceType source, boolean generated)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /** Whether it is a text in Flink. */
  boolean isText() {
    return type.is(LogicalTypeFamily.CHARACTER_STRING);
  }

  /** As messages name it. */
  @Override
  public String toString() {
    return "column '"
        + name
        + "' ("
        + type.asSummaryString()
        + " in Flink"
        + (source.text().isEmpty() ? "" : ", " + source.text() + " in the database")
        + ")";
  }
}
