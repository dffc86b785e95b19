package io.unifiedcatalog.connectors.jdbc;

import java.io.Serializable;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Makes Flink's value of a column of the row that a result set stands at. */
interface ValueReader extends Serializable {
  /**
   * Reads a value.
   *
   * @param column counted from 1
   * @return null for NULL
   * @throws IllegalArgumentException if the type in Flink does not hold it
   */
  @Nullable Object read(ResultSet rows, int column) throws SQLException;
}
